import { expect, test } from 'vitest';
import { loadModel, type ModelSource } from '../../index.ts';
import { fetchFolder, toFiles } from '../models/checkpoint-folder.ts';
import { readHub } from '../models/read-hub.ts';
import { convertCheckpoint } from '../support/gguf/convert-checkpoint.ts';
import { writeGguf } from '../support/gguf/write-gguf.ts';

const TOKENS = Array.from({ length: 24 }, (_, i) => (i * 37 + 5) % 160);

async function logitsOf(source: ModelSource): Promise<Float32Array> {
  const model = await loadModel(source, { precision: 'f32', compile: [] });
  try {
    return await model.logits(TOKENS);
  } finally {
    model.dispose();
  }
}

test.each(['arch/llama', 'arch/gpt2', 'variants/qwen3_5_text-wide', 'arch/qwen3_moe', 'arch/gpt_oss'])('%s has the same logits from a GGUF file, to the bit', async (fixture) => {
  const folder = await fetchFolder(fixture);
  const gguf = writeGguf(convertCheckpoint(readHub(folder), 'F32').gguf);
  expect(await logitsOf(new File([gguf], 'model.gguf'))).toEqual(await logitsOf(toFiles(folder)));
});
