import type { LoadOptions } from '../../index.ts';
import { toWire, type WireError } from '../worker/wire-error.ts';
import { evaluate, type Evaluation } from './evaluate.ts';

export interface EvaluateFoldersInput {
  /** `url` relative to the page, `name` for the report. */
  readonly folders: readonly { readonly url: string; readonly name: string }[];
  readonly load: Pick<LoadOptions, 'quantize' | 'precision' | 'kvCache' | 'prefillChunk'>;
  /** Return logits and greedy tokens of the last folder too. */
  readonly tensors: boolean;
}

/** What is emitted for each folder, in order. */
export type FolderReport = { readonly evaluation: Evaluation } | { readonly error: WireError };

export interface EvaluatedTensors {
  readonly logits: Float32Array;
  /** [T + G, V] */
  readonly shape: readonly [rows: number, vocabulary: number];
  readonly greedyIds: readonly number[];
}

/** Evaluates one folder after the other; what goes wrong in one of them is reported in its place. */
export async function evaluateFolders({ folders, load, tensors }: EvaluateFoldersInput, emit: (report: FolderReport) => Promise<void>): Promise<EvaluatedTensors | undefined> {
  let last: EvaluatedTensors | undefined;
  for (const { url, name } of folders) {
    last = undefined;
    try {
      const { logits, shape, greedyIds, ...evaluation } = await evaluate({ url: new URL(url, location.href).href, name, load });
      await emit({ evaluation });
      if (tensors) last = { logits, shape, greedyIds };
    } catch (error) {
      await emit({ error: toWire(error) });
    }
  }
  return last;
}
