import type { Prediction } from './llama-cpp.ts';

export interface Comparison {
  /** Root mean square of the differences, and the same relative to that of the logits, both without each row's mean. */
  readonly error: number;
  readonly relativeError: number;
  /** The least distance, in all rows, between the two largest logits. */
  readonly margin: number;
}

/** A row without its mean: logits and log-probabilities differ by a constant. */
function centred(row: Float32Array): Float64Array {
  const values = Float64Array.from(row);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.map((value) => value - mean);
}

/** llama.cpp's predictions beside the logits of the last of the rows [tokens, vocabulary] of another. */
export function compare(steps: readonly Prediction[], logits: Float32Array): Comparison {
  let [differences, sizes, margin] = [0, 0, Infinity];
  for (const [i, { logProbabilities }] of steps.entries()) {
    const width = logProbabilities.length;
    const first = logits.length - (steps.length - i) * width;
    const theirs = centred(logProbabilities);
    const ours = centred(logits.subarray(first, first + width));
    ours.forEach((value, token) => {
      differences += (value - theirs[token]) ** 2;
      sizes += value ** 2;
    });
    const [largest, second] = theirs.toSorted().reverse();
    margin = Math.min(margin, largest - second);
  }
  return { error: Math.sqrt(differences / steps.length / steps[0].logProbabilities.length), relativeError: Math.sqrt(differences / sizes), margin };
}
