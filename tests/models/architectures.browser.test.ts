import { describe, expect, test } from 'vitest';
import { evaluate } from '../../web/tools/evaluate.ts';

const MODELS = [
  'arch/bamba',
  'arch/falcon_h1',
  'arch/gemma3_text',
  'arch/gpt2',
  'arch/gpt_oss',
  'arch/granitemoehybrid',
  'arch/jamba',
  'arch/llama',
  'arch/mamba2',
  'arch/olmo_hybrid',
  'arch/qwen2',
  'arch/qwen3',
  'arch/qwen3_5_text',
  'arch/qwen3_moe',
  'arch/recurrent_gemma',
  'arch/smollm3',
  'real/stories260K',
];
/** In one chunk, and in chunks that neither the prompt nor any tile is a multiple of. */
const CHUNKS = [512, 7];
/** Token by token, and in chunks of a tile, for one model of each kind: a processor in the GPU's place is slow. `npm run eval -- DIR --chunk N` has them all. */
const MORE_CHUNKS = [1, 64];
const KINDS = ['arch/llama', 'arch/qwen3_5_text', 'arch/gpt_oss', 'arch/jamba'];
/** The switches of these configs: biases, rotary scalings, sliding windows, an untied head, other activations, odd head counts, and a text model inside a multimodal one. */
const VARIANTS = ['llama-bias-llama3', 'llama-linear-tied', 'qwen3-yarn', 'qwen2-window', 'gpt2-inner', 'qwen3_5_text-wide', 'qwen3_5'];

async function matchesReference(name: string, prefillChunk: number): Promise<void> {
  const url = new URL(`/tests/fixtures/${name}/`, location.href).href;
  const result = await evaluate({ url, name, load: { precision: 'f32', prefillChunk } });
  expect(result.relRms).toBeLessThanOrEqual(1e-4);
  if (result.firstMismatchMargin !== null) expect(result.firstMismatchMargin).toBeLessThan(10 * result.maxAbs);
}

describe.each(MODELS)('%s', (name) => {
  test.each(KINDS.includes(name) ? [...CHUNKS, ...MORE_CHUNKS] : CHUNKS)('equals the reference with prefill chunks of %i', (chunk) => matchesReference(name, chunk));
});

test.each(VARIANTS)('variant %s equals the reference', (name) => matchesReference(`variants/${name}`, 50));
