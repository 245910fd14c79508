import { expect, test } from 'vitest';
import { loadModel, type ModelSource } from '../../index.ts';
import { toFloat32 } from '../../models/safetensors/to-float32.ts';
import { fetchFolder, readJson, readTensors, toFiles, WEIGHTS } from '../models/checkpoint-folder.ts';
import { writeGgufHeader } from '../support/gguf-header.ts';
import { convertCheckpoint } from './convert-checkpoint.ts';

const TOKENS = Array.from({ length: 24 }, (_, i) => (i * 37 + 5) % 160);

async function logitsOf(source: ModelSource): Promise<Float32Array> {
  const model = await loadModel(source, { precision: 'f32' });
  try {
    return await model.logits(TOKENS);
  } finally {
    model.dispose();
  }
}

test.each(['arch/llama', 'arch/gpt2', 'variants/qwen3_5_text-wide', 'arch/qwen3_moe', 'arch/gpt_oss'])('%s has the same logits from a GGUF file, to the bit', async (fixture) => {
  const folder = await fetchFolder(fixture);
  const tensors = readTensors(folder[WEIGHTS]).map(({ name, dtype, shape, bytes }) => [name, { shape, values: toFloat32({ name, dtype, shape, byteLength: bytes.length, file: WEIGHTS, offset: 0 }, Uint8Array.from(bytes)) }] as const);
  const gguf = writeGgufHeader(convertCheckpoint(readJson(folder, 'config.json'), new Map(tensors)));
  expect(await logitsOf(new File([gguf], 'model.gguf'))).toEqual(await logitsOf(toFiles(folder)));
});
