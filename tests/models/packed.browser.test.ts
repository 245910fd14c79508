import { describe, expect, test } from 'vitest';
import { loadModel } from '../../index.ts';
import { evaluate } from '../../web/tools/evaluate.ts';

const FOLDERS = ['llama-gptq-g32', 'llama-gptq-v2-g64', 'llama-awq-g32', 'llama-nvfp4', 'qwen3_5-ct-fp8', 'qwen3_5-ct-int4-g32', 'qwen3_5-fp8-block', 'qwen3_5-gptq-act-g32', 'gpt_oss-mxfp4'];

const urlOf = (name: string): string => new URL(`/tests/fixtures/quant/${name}/`, location.href).href;

describe.each(FOLDERS)('%s', (name) => {
  test('gives the logits and greedy tokens of its decoded weights', async () => {
    const result = await evaluate({ url: urlOf(name), name, load: { precision: 'f32', prefillChunk: 50 } });
    expect(result.relRms).toBeLessThanOrEqual(1e-4);
    if (result.firstMismatchMargin !== null) expect(result.firstMismatchMargin).toBeLessThan(10 * result.maxAbs);
  });

  test('takes as much memory on the GPU as in its file, within 10 %', async () => {
    const response = await fetch(`${urlOf(name)}model.safetensors`, { method: 'HEAD' });
    const fileBytes = Number(response.headers.get('content-length'));
    const model = await loadModel({ url: urlOf(name) }, { compile: [] });
    try {
      expect(model.memory.weights / fileBytes).toBeGreaterThan(0.9);
      expect(model.memory.weights / fileBytes).toBeLessThan(1.1);
    } finally {
      model.dispose();
    }
  });
});
