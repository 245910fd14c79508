import { expect, test } from 'vitest';
import { decodeBlocks, randomBlocks } from '../support/gguf/blocks.ts';
import { hyperparameters } from '../support/gguf/hyperparameters.ts';
import { GGML_TYPE_NAMES, GGML_TYPES, type GgmlTypeName } from '../support/gguf/ggml-types.ts';
import { vocabulary } from '../support/gguf/vocabulary.ts';
import { ggmlTensor, writeGguf, type WrittenTensor } from '../support/gguf/write-gguf.ts';
import { llamaHidden } from './llama-cpp.ts';

const WIDTH = 256;
const ROWS = 16;

/** So large that the mean square of a row vanishes beside it: the norm is then a division by 2^50, which rounds nothing. */
const EPS = 2 ** 100;

/** A model of one layer that adds nothing to the embedding, whose rows are these blocks. */
function embeddingOnly(type: GgmlTypeName, blocks: Uint8Array): Uint8Array<ArrayBuffer> {
  const config = {
    model_type: 'llama',
    vocab_size: ROWS,
    hidden_size: WIDTH,
    intermediate_size: 32,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    num_key_value_heads: 2,
    head_dim: 16,
    max_position_embeddings: 64,
    rms_norm_eps: EPS,
    rope_parameters: { rope_type: 'default', rope_theta: 10_000 },
    tie_word_embeddings: true,
  } as const;
  const constant = (name: string, shape: readonly number[], value: number): WrittenTensor => {
    const values = new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(value);
    return ggmlTensor(name, 'F32', shape, new Uint8Array(values.buffer));
  };
  return writeGguf({
    metadata: [...hyperparameters(config), ...vocabulary(ROWS)],
    tensors: [
      ggmlTensor('token_embd.weight', type, [ROWS, WIDTH], blocks),
      constant('output_norm.weight', [WIDTH], 1),
      constant('blk.0.attn_norm.weight', [WIDTH], 1),
      constant('blk.0.ffn_norm.weight', [WIDTH], 1),
      ...['q', 'k', 'v'].map((part) => constant(`blk.0.attn_${part}.weight`, [32, WIDTH], 0)),
      constant('blk.0.attn_output.weight', [WIDTH, 32], 0),
      constant('blk.0.ffn_gate.weight', [32, WIDTH], 0),
      constant('blk.0.ffn_up.weight', [32, WIDTH], 0),
      constant('blk.0.ffn_down.weight', [WIDTH, 32], 0),
    ],
  });
}

test.each(GGML_TYPE_NAMES)('blocks of %s decode as in llama.cpp, bit for bit', async (type) => {
  const blocks = randomBlocks(type, (ROWS * WIDTH) / GGML_TYPES[type].elements, 7);
  const tokens = Array.from({ length: ROWS }, (_, row) => row);
  const rows = await llamaHidden(embeddingOnly(type, blocks), tokens);
  // The sum with what the layer adds has no negative zeros.
  const expected = decodeBlocks(type, blocks).map((value) => value + 0);
  expect(new Set(expected).size).toBeGreaterThan(ROWS);
  for (const [row, values] of rows.entries()) expect(values.map((value) => value * Math.sqrt(EPS))).toEqual(expected.subarray(row * WIDTH, (row + 1) * WIDTH));
});
