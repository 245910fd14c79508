import type { LoadOptions, Model } from '../../index.ts';
import { CheckpointError } from '../../models/errors/checkpoint-error.ts';
import { loadParts } from '../../models/load/load-model.ts';
import { LoadedModel } from '../../models/runtime/loaded-model.ts';
import { readHeader } from '../../models/safetensors/read-header.ts';
import { openSource } from '../../models/sources/open-source.ts';
import { scorePieces } from './score-pieces.ts';

export interface EvaluateOptions {
  /** URL of the checkpoint's folder, which holds `expected.safetensors` too. */
  readonly url: string;
  readonly name: string;
  readonly load: LoadOptions;
  /** Read the text once more, in steps of these numbers of tokens, each at most the load's `prefillChunk`; what is left is one more step. */
  readonly pieces?: readonly number[];
}

/** One line of the report. Errors are against the reference logits; a mismatch with a small margin is no fault. */
export interface Evaluation {
  readonly model: string;
  /** RMS(logits − reference) / RMS(reference). */
  readonly relRms: number;
  readonly maxAbs: number;
  readonly greedyMatched: number;
  readonly greedyTotal: number;
  /** Top-1 minus top-2 reference logit at the first token that differs. */
  readonly firstMismatchMargin: number | null;
  readonly ms: number;
}

export interface EvaluationWithTensors extends Evaluation {
  /** RMS error relative to the reference of the logits read in `pieces`. */
  readonly relRmsOfPieces?: number;
  readonly logits: Float32Array<ArrayBuffer>;
  /** [T + G, V] */
  readonly shape: readonly [rows: number, vocabulary: number];
  readonly greedyIds: readonly number[];
}

/** Compares a checkpoint with its own reference: logits over prompt and continuation, then greedy decoding from the prompt with state. */
export async function evaluate({ url, name, load, pieces }: EvaluateOptions): Promise<EvaluationWithTensors> {
  const start = performance.now();
  const expected = await readExpected(url);
  const parts = await loadParts({ url }, load);
  const model = new LoadedModel(parts);
  try {
    const tokens = [...expected.inputIds, ...expected.greedyIds];
    const logits = await model.logits(tokens);
    const { relRms, maxAbs } = compare(logits, expected.logits);
    const greedyIds = await greedy(model, expected.inputIds, expected.greedyIds.length);
    const mismatch = greedyIds.findIndex((id, i) => id !== expected.greedyIds[i]);
    return {
      model: name,
      relRms,
      maxAbs,
      greedyMatched: mismatch < 0 ? greedyIds.length : mismatch,
      greedyTotal: expected.greedyIds.length,
      firstMismatchMargin: mismatch < 0 ? null : expected.margin[mismatch],
      ms: Math.round(performance.now() - start),
      ...(pieces && { relRmsOfPieces: compare(await scorePieces(parts.runner, tokens, pieces), expected.logits).relRms }),
      logits,
      shape: [logits.length / model.vocabularySize, model.vocabularySize],
      greedyIds,
    };
  } finally {
    model.dispose();
  }
}

interface Expected {
  readonly inputIds: readonly number[];
  readonly greedyIds: readonly number[];
  readonly logits: Float32Array;
  readonly margin: Float32Array;
}

const EXPECTED = 'expected.safetensors';

/** Throws `CheckpointError`. */
async function readExpected(url: string): Promise<Expected> {
  const file = await (await openSource({ url })).open(EXPECTED);
  if (!file) throw new CheckpointError('missing-file', 'is not there: an evaluation needs logits to compare with', { file: EXPECTED });
  const tensors = new Map((await readHeader(file)).map((tensor) => [tensor.name, tensor]));
  const bytes = async (name: string, dtype: string): Promise<ArrayBuffer> => {
    const tensor = tensors.get(name);
    if (!tensor) throw new CheckpointError('missing-tensor', 'is not there', { file: EXPECTED, tensor: name });
    if (tensor.dtype !== dtype) throw new CheckpointError('unsupported-dtype', `has dtype ${tensor.dtype}, expected ${dtype}`, { file: EXPECTED, tensor: name });
    return (await file.read(tensor.offset, tensor.offset + tensor.byteLength)).slice().buffer;
  };
  return {
    inputIds: [...new Int32Array(await bytes('input_ids', 'I32'))],
    greedyIds: [...new Int32Array(await bytes('greedy_ids', 'I32'))],
    logits: new Float32Array(await bytes('logits', 'F32')),
    margin: new Float32Array(await bytes('margin', 'F32')),
  };
}

function compare(actual: Float32Array, expected: Float32Array): { relRms: number; maxAbs: number } {
  if (actual.length !== expected.length) throw new CheckpointError('tensor-shape', `has ${expected.length} elements, the model gives ${actual.length}`, { file: EXPECTED, tensor: 'logits' });
  let error = 0;
  let size = 0;
  let maxAbs = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = actual[i] - expected[i];
    error += difference ** 2;
    size += expected[i] ** 2;
    // Not Math.max alone: a NaN must show.
    if (!(Math.abs(difference) <= maxAbs)) maxAbs = Math.abs(difference);
  }
  return { relRms: Math.sqrt(error / size), maxAbs };
}

async function greedy(model: Model, tokens: readonly number[], count: number): Promise<number[]> {
  const ids: number[] = [];
  for await (const event of model.generate({ tokens }, { temperature: 0, repetitionPenalty: 1, maxTokens: count, stopTokens: [] })) {
    if (event.type === 'text-delta') ids.push(...event.tokenIds);
  }
  return ids;
}
