import { embedding } from '../../shaders/embedding/embedding.ts';
import type { Node } from '../ops/graph.ts';
import type { Tensor } from '../ops/vocabulary.ts';
import type { Weight } from '../ops/weight.ts';
import type { BufferRef } from './dispatch.ts';
import { planeRefs } from './lower-linear.ts';
import type { Lowering } from './lowering.ts';

/** Where nothing but a `scale` wants an embedding, the look-up scales it. */
export function lowerEmbedding(lowering: Lowering, { table, out }: Extract<Node, { op: 'embedding' }>): void {
  const [only, ...others] = lowering.consumers(out);
  const scaled = only?.op === 'scale' && others.length === 0 ? only : undefined;
  lowerLookUp(lowering, table, out, { index: 'token', target: lowering.define(out, 'embedding'), scale: scaled?.factor ?? 1 });
  if (scaled) lowering.rename(scaled.out, out);
}

/** One dispatch for each chunk of the table, by the token or by its position; rows of positions are added to the target. */
export function lowerLookUp(lowering: Lowering, table: Weight, out: Tensor, { index, target, scale }: { index: 'token' | 'position'; target: BufferRef; scale: number }): void {
  for (const chunk of table.chunks) {
    const kernel = embedding({ format: chunk.format, rows: chunk.rows, rowStart: chunk.rowStart, width: table.inputs, index, accumulate: index === 'position', scale });
    lowering.emit(kernel, { ...planeRefs(chunk), tokens: { kind: 'tokens' }, out: target }, out);
  }
}
