import { expect, test } from 'vitest';
import { evaluate } from '../../web/tools/evaluate.ts';

const MODELS = [
  'arch/bamba',
  'arch/falcon_h1',
  'arch/gemma3_text',
  'arch/gpt2',
  'arch/gpt_oss',
  'arch/granitemoehybrid',
  'arch/jamba',
  'arch/kimi_linear',
  'arch/lfm2',
  'arch/lfm2_moe',
  'arch/llama',
  'arch/mamba2',
  'arch/olmo_hybrid',
  'arch/nemotron_h',
  'arch/qwen2',
  'arch/qwen3',
  'arch/qwen3_5_moe_text',
  'arch/qwen3_5_text',
  'arch/qwen3_moe',
  'arch/qwen3_next',
  'arch/recurrent_gemma',
  'arch/smollm3',
  'arch/xlstm',
  'arch/zamba2',
  'real/stories260K',
];
/** The switches of these configs: biases, rotary scalings, sliding windows, an untied head, other activations, odd head counts, heads of odd widths, and a text model inside a multimodal one. */
const VARIANTS = [
  'variants/gpt2-inner',
  'variants/kimi_linear-hub',
  'variants/kimi_linear-mla',
  'variants/llama-bias-llama3',
  'variants/llama-linear-tied',
  'variants/mamba2-odd',
  'variants/qwen2-window',
  'variants/qwen3-yarn',
  'variants/qwen3_5',
  'variants/qwen3_5_text-odd',
  'variants/qwen3_5_text-wide',
];
/** Every kind of step after another: fewer tokens than a tile has, a whole tile that begins in the middle of another, one token alone; the rest of the text is a step as well. */
const PIECES = [7, 64, 1, 16, 1, 1];

// What takes the time is steps, on a processor in the GPU's place. One load serves the text at once, the text in pieces, and the greedy
// continuation token by token; `npm run eval -- DIR --chunk N` loads for any other chunk.
test.each([...MODELS, ...VARIANTS])('%s equals its reference, read at once and in pieces', async (name) => {
  const url = new URL(`/tests/fixtures/${name}/`, location.href).href;
  const result = await evaluate({ url, name, load: { precision: 'f32' }, pieces: PIECES });
  expect(result.relRms).toBeLessThanOrEqual(1e-4);
  expect(result.relRmsOfPieces).toBeLessThanOrEqual(1e-4);
  if (result.firstMismatchMargin !== null) expect(result.firstMismatchMargin).toBeLessThan(10 * result.maxAbs);
});
