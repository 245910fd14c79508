import { arrangeHeads } from '../../shaders/arrange-heads/arrange-heads.ts';
import { roundUp } from '../../shaders/kernel.ts';
import type { Node } from '../ops/graph.ts';
import type { HeadSection, Tensor } from '../ops/vocabulary.ts';
import type { Lowering } from './lowering.ts';

/** `to`: elements of a head of the result, which is filled up with zeros or cut off; default: as before. */
export interface ResizedSection extends HeadSection {
  readonly to?: number;
}

export const lowerArrangeHeads = (lowering: Lowering, { x, sections, out }: Extract<Node, { op: 'arrangeHeads' }>): void => arrange(lowering, x, sections, out);

/** Fills `out` with the sections one after the other. */
export function arrange(lowering: Lowering, x: Tensor, sections: readonly ResizedSection[], out: Tensor): void {
  const buffers = { x: lowering.read(x), out: lowering.define(out, 'arranged heads') };
  const [fromStride, toStride] = [roundUp(x.width, 4), roundUp(out.width, 4)];
  let toColumn = 0;
  for (const { heads, times = 1, column, dim, pool = 1, to = dim / pool, activation, overSum, rotaryTable } of sections) {
    const kernel = arrangeHeads({
      heads,
      times,
      from: { dim, column, stride: fromStride },
      to: { dim: to, column: toColumn, stride: toStride },
      ...(activation && { activation }),
      ...(overSum && { overSum }),
      ...(pool > 1 && { pool }),
      ...(rotaryTable && { rotary: true }),
    });
    lowering.emit(kernel, { ...buffers, ...(rotaryTable && { rotary: lowering.constant(rotaryTable) }) }, out);
    toColumn += heads * times * to;
  }
}
