import type { FormatDescription } from '../../shaders/dequant/weight-format.ts';
import type { MatrixPart, MatrixSpec } from './spec.ts';

/** How the rows of one part of a matrix are stored. */
export interface PartLayout {
  readonly format: FormatDescription;
  /** See `PackedLayout`. */
  readonly order?: Uint32Array<ArrayBuffer> | undefined;
}

/** Rows of a matrix that lie together on the GPU: row r of the segment is row start + r · step of the matrix. */
export interface Segment extends PartLayout {
  readonly start: number;
  readonly step: 1 | 2;
  readonly rows: number;
}

/** Where a part's rows go: row i of the part is row first + i · stride of the segment. */
export interface PartPlace {
  readonly segment: number;
  readonly first: number;
  readonly stride: number;
  /** See `MatrixPart`: which row of the part a row of its tensor is. */
  readonly order?: Uint32Array | undefined;
}

/** Rows of all the experts that a part has. */
export const rowsOf = ({ rows, experts = 1 }: MatrixPart): number => rows * experts;

const sameOrder = (a: PartLayout['order'], b: PartLayout['order']): boolean => a === b || (a !== undefined && b !== undefined && a.length === b.length && a.every((column, k) => column === b[k]));
const alike = (a: PartLayout, b: PartLayout): boolean => a.format.key === b.format.key && sameOrder(a.order, b.order);

/**
 * Cuts a matrix into as few segments as the formats of its parts allow: parts one below the other that are stored alike share one, and so
 * do gate and up of a gated MLP, whose rows alternate; stored differently, those become two segments of every other row, gate first.
 */
export function segmentsOf({ parts }: MatrixSpec, layouts: readonly PartLayout[]): { segments: Segment[]; places: PartPlace[] } {
  const segments: Segment[] = [];
  const places: PartPlace[] = [];
  const alternating = parts.some(({ stride }) => stride === 2);
  if (alternating && layouts.every((layout) => alike(layout, layouts[0]))) {
    const rows = parts.reduce((sum, part) => sum + rowsOf(part), 0);
    return { segments: [{ ...layouts[0], start: 0, step: 1, rows }], places: parts.map(({ start, stride, order }) => ({ segment: 0, first: start, stride, order })) };
  }
  parts.forEach((part, i) => {
    const { start, stride, order } = part;
    const rows = rowsOf(part);
    const last = segments.at(-1);
    if (last && stride === 1 && last.step === 1 && last.start + last.rows === start && alike(last, layouts[i])) {
      places.push({ segment: segments.length - 1, first: last.rows, stride: 1, order });
      segments[segments.length - 1] = { ...last, rows: last.rows + rows };
      return;
    }
    places.push({ segment: segments.length, first: 0, stride: 1, order });
    segments.push({ ...layouts[i], start, step: stride === 2 ? 2 : 1, rows });
  });
  return { segments, places };
}
