import { expect } from 'vitest';
import type { DeviceOptions } from '../../engine/gpu/device.ts';
import { loadModel, SluiceError, type LoadOptions, type ModelSource } from '../../index.ts';
import { loadParts } from '../../models/load/load-model.ts';
import { scorePieces } from '../../web/tools/score-pieces.ts';
import { toFiles, type Folder } from './checkpoint-folder.ts';
import { GpuLedger } from './gpu-ledger.ts';

export type Failure = Readonly<{ code: string; file?: string; tensor?: string; key?: string; message?: RegExp; method?: string }>;

/** What loading fails with. Also checks that nothing stays on the GPU. */
export async function loadFailure(source: ModelSource, options: LoadOptions & DeviceOptions = {}): Promise<unknown> {
  const ledger = new GpuLedger();
  try {
    const model = await loadModel(source, options);
    model.dispose();
  } catch (error) {
    expect(ledger.live, 'left on the GPU').toEqual([]);
    return error;
  } finally {
    ledger.close();
  }
  return expect.fail('loading should have failed');
}

/** Loading these files fails with an error of the engine that says all this. */
export async function expectLoadFailure(folder: Folder, { message, ...fields }: Failure, options?: LoadOptions): Promise<void> {
  const error = await loadFailure(toFiles(folder), options);
  if (!(error instanceof SluiceError)) throw error;
  expect(error).toMatchObject(fields);
  for (const named of [fields.file, fields.tensor, fields.key, fields.method]) if (named !== undefined) expect(error.message).toContain(named);
  if (message) expect(error.message).toMatch(message);
}

/** Logits of a few tokens. */
export async function logitsOf(source: ModelSource, options: LoadOptions & DeviceOptions = {}, tokens: readonly number[] = [1, 5, 9, 60, 2, 33, 100, 7, 8]): Promise<Float32Array> {
  const model = await loadModel(source, { precision: 'f32', contextLength: 64, compile: [], ...options });
  try {
    return await model.logits(tokens);
  } finally {
    model.dispose();
  }
}

/** The same, read in steps of these numbers of tokens. */
export async function logitsInPieces(source: ModelSource, options: LoadOptions, tokens: readonly number[], pieces: readonly number[]): Promise<Float32Array> {
  const { runner } = await loadParts(source, { precision: 'f32', contextLength: 64, compile: [], ...options });
  try {
    return await scorePieces(runner, tokens, pieces);
  } finally {
    runner.destroy();
  }
}

/** RMS(actual − expected) / RMS(expected). */
export function relativeRms(actual: Float32Array, expected: Float32Array): number {
  expect(actual).toHaveLength(expected.length);
  let error = 0;
  let size = 0;
  for (let i = 0; i < expected.length; i++) {
    error += (actual[i] - expected[i]) ** 2;
    size += expected[i] ** 2;
  }
  return Math.sqrt(error / size);
}
