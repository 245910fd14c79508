import { describe, expect, test } from 'vitest';
import { evaluate } from '../../web/tools/evaluate.ts';

const MODELS = ['arch/llama', 'arch/qwen2', 'arch/qwen3', 'arch/smollm3', 'arch/gpt2', 'arch/qwen3_5_text', 'real/stories260K'];
const CHUNKS = [512, 1, 7, 64];

describe.each(MODELS)('%s', (name) => {
  test.each(CHUNKS)('equals the reference with prefill chunks of %i', async (prefillChunk) => {
    const url = new URL(`/tests/fixtures/${name}/`, location.href).href;
    const result = await evaluate({ url, name, load: { precision: 'f32', prefillChunk } });
    expect(result.relRms).toBeLessThanOrEqual(1e-4);
    if (result.firstMismatchMargin !== null) expect(result.firstMismatchMargin).toBeLessThan(10 * result.maxAbs);
  });
});
