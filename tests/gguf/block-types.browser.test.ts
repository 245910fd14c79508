import { describe, expect, test } from 'vitest';
import { loadModel, type Model } from '../../index.ts';
import { CONFIG, text, toFiles, WEIGHTS } from '../models/checkpoint-folder.ts';
import { relativeRms } from '../models/load-checks.ts';
import { convertCheckpoint } from '../support/gguf/convert-checkpoint.ts';
import { GGML_TYPE_NAMES } from '../support/gguf/ggml-types.ts';
import { tinyModel } from '../support/gguf/tiny-models.ts';
import { writeGguf } from '../support/gguf/write-gguf.ts';
import { writeSafetensors } from '../support/write-safetensors.ts';

const LLAMA = tinyModel('llama', 1);
const TOKENS = [5, 9, 60, 2, 33, 301, 7, 351];
const OPTIONS = { precision: 'f32', contextLength: 16, compile: [] } as const;

async function logits(loading: Promise<Model>): Promise<{ readonly logits: Float32Array; readonly weightBytes: number }> {
  const model = await loading;
  try {
    return { logits: await model.logits(TOKENS), weightBytes: model.memory.weights };
  } finally {
    model.dispose();
  }
}

describe.each(GGML_TYPE_NAMES)('a GGUF file in %s', (type) => {
  test('gives the logits of its decoded weights, from about as many bytes', async () => {
    const { gguf, decoded } = convertCheckpoint(LLAMA, type);
    const file = writeGguf(gguf);
    const packed = await logits(loadModel([new File([file], 'x.gguf')], OPTIONS));
    const tensors = decoded.tensors.map(({ name, shape, values }) => ({ name, dtype: 'F32', shape, bytes: new Uint8Array(values.buffer) }));
    const plain = await logits(loadModel(toFiles({ [CONFIG]: text(JSON.stringify(decoded.config)), [WEIGHTS]: writeSafetensors(tensors) }), OPTIONS));
    expect(relativeRms(packed.logits, plain.logits)).toBeLessThan(1e-5);
    // Plain numbers are stored as the option says.
    if (type !== 'F16' && type !== 'BF16') expect(packed.weightBytes / file.length).toBeLessThan(1.1);
  });
});
