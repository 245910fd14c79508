import type { CodeName } from '../../shaders/dequant/codes.ts';
import { groupedFormat } from '../../shaders/dequant/formats.ts';
import type { FormatDescription } from '../../shaders/dequant/weight-format.ts';
import { ceilDiv } from '../../shaders/kernel.ts';
import { requireTensor } from './module-tensors.ts';
import type { PackedModule, RowConverter } from './packing.ts';
import { floatScales, groupScales, SCALE_DTYPES, scaleType } from './scale-plane.ts';

/** The part of a weight that shares a scale. */
export interface ScaleScope {
  /** Rows: 1, those of a block, or Infinity. */
  readonly rows: number;
  /** Inputs: a multiple of 32, or Infinity. */
  readonly group: number;
}

export const WHOLE_WEIGHT: ScaleScope = { rows: Infinity, group: Infinity };
export const EACH_ROW: ScaleScope = { rows: 1, group: Infinity };

/** Groups of `group` inputs in a row; a group of Infinity is the whole row. */
export const groupsIn = (inputs: number, group: number): number => (group === Infinity ? 1 : ceilDiv(inputs, group));

/** Shapes that a tensor with a number for each scope may have. */
export function scopeShapes({ rows, inputs }: Pick<PackedModule, 'rows' | 'inputs'>, scope: ScaleScope): (readonly number[])[] {
  if (scope.rows === Infinity) return [[], [1], [1, 1]];
  const shape = [ceilDiv(rows, scope.rows), groupsIn(inputs, scope.group)];
  return scope.group === Infinity ? [shape, [shape[0]]] : [shape];
}

/** The format of such codes, and what makes its scales from the module's tensor [ceil(N / scope.rows), ceil(K / scope.group)]. */
export function scopedScales(module: PackedModule, suffix: string, scope: ScaleScope, codes: CodeName, zeros = false): { readonly format: FormatDescription; readonly scales: RowConverter } {
  const tensor = requireTensor(module, suffix, { dtypes: SCALE_DTYPES, shapes: scopeShapes(module, scope) });
  if (scope.rows === 1) return { format: groupedFormat(codes, scaleType(tensor, scope.group), scope.group, zeros), scales: groupScales(tensor, scope.group, { groups: groupsIn(module.inputs, scope.group) }) };
  return { format: groupedFormat(codes, 'f32', scope.group, zeros), scales: floatScales(tensor, { rowsPerScale: scope.rows, groups: groupsIn(module.inputs, scope.group) }) };
}
