import { roundUp } from '../kernel.ts';
import type { EmbeddingVariant } from './embedding.ts';

/** Float64 embedding: `table` is the decoded chunk [rows, width], `indices` the row of the whole table for each token, `out` what out held before. */
export function embeddingReference(variant: EmbeddingVariant, table: ArrayLike<number>, indices: readonly number[], out: ArrayLike<number>): Float64Array {
  const { rows, rowStart, width, accumulate, scale } = variant;
  const result = Float64Array.from(out);
  indices.forEach((index, t) => {
    const row = index - rowStart;
    if (row < 0 || row >= rows) return;
    for (let i = 0; i < width; i++) {
      const at = t * roundUp(width, 4) + i;
      const value = scale * table[row * width + i];
      result[at] = accumulate ? result[at] + value : value;
    }
  });
  return result;
}
