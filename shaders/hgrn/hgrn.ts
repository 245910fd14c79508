import expm1Source from '../common/expm1.wgsl?raw';
import sigmoidSource from '../common/sigmoid.wgsl?raw';
import softplusSource from '../common/softplus.wgsl?raw';
import stepSource from '../common/step.wgsl?raw';
import { assemble, ceilDiv, roundUp, u32, type Constant, type Kernel } from '../kernel.ts';
import { recurrenceScan } from '../rg-lru/recurrence-scan.ts';
import { CHUNK, chunksOf } from '../rg-lru/variant.ts';
import forgetSource from './forget.wgsl?raw';
import chunksSource from './hgrn-chunks.wgsl?raw';
import stepKernelSource from './hgrn-step.wgsl?raw';

export interface HgrnVariant {
  /** Channels, each with a state of one number. */
  readonly width: number;
  /** Row length of the tensor that holds f and i, and their first columns in it. */
  readonly stride: number;
  readonly columns: { readonly forget: number; readonly input: number };
  /** Whose lower bounds are this one's. */
  readonly layer: number;
}

const WORKGROUP = 64;

/** Length in f32 of what the chunks leave for the scan, for steps of up to `capacity` tokens: [capacity, width, 2]. */
export const hgrnRecurrenceLength = ({ width }: HgrnVariant, capacity: number): number => 2 * capacity * width;

function constantsOf({ width, stride, columns, layer }: HgrnVariant): Record<string, Constant> {
  for (const column of Object.values(columns)) if (column + width > stride) throw new RangeError(`hgrn: columns ${column}+${width} exceed rows of ${stride}`);
  return { WIDTH: u32(width), STRIDE: u32(roundUp(width, 4)), X_STRIDE: u32(stride), FORGET_COLUMN: u32(columns.forget), INPUT_COLUMN: u32(columns.input), LAYER: u32(layer), CHUNK: u32(CHUNK), WORKGROUP: u32(WORKGROUP) };
}

const SNIPPETS: readonly string[] = [stepSource, sigmoidSource, softplusSource, expm1Source, forgetSource];

const labelOf = ({ width, stride, columns, layer }: HgrnVariant): string => `${width}/${columns.forget}+${columns.input}of${stride}/${layer}`;

/**
 * One token (T = 1) of HGRN (Qin et al. 2023, arXiv:2311.04823; `HGRNAttention` of flash-linear-attention, without its convolution, gate and
 * output). x [1, stride], lower_bounds [layers, width], state [STATE_SLOTS, width], out [1, width] with rows padded to a multiple of four.
 * Throws `RangeError` where f or i are not in their tensor.
 */
export const hgrnStep = (variant: HgrnVariant): Kernel => ({
  label: `hgrn-step/${labelOf(variant)}`,
  features: [],
  code: assemble({ constants: constantsOf(variant), snippets: SNIPPETS, source: stepKernelSource }),
  bindings: [{ name: 'x', type: 'read' }, { name: 'lower_bounds', type: 'read' }, { name: 'state', type: 'write' }, { name: 'out', type: 'write' }, { name: 'step', type: 'uniform' }],
  workgroups: () => [ceilDiv(variant.width, WORKGROUP), 1, 1],
});

const chunks = (variant: HgrnVariant): Kernel => ({
  label: `hgrn-chunks/${labelOf(variant)}`,
  features: [],
  code: assemble({ constants: constantsOf(variant), snippets: SNIPPETS, source: chunksSource }),
  bindings: [{ name: 'x', type: 'read' }, { name: 'lower_bounds', type: 'read' }, { name: 'recurrences', type: 'write' }, { name: 'step', type: 'uniform' }],
  workgroups: ({ count }) => [ceilDiv(variant.width, WORKGROUP), chunksOf(count), 1],
});

/** HGRN over any T ≥ 1 tokens in two dispatches, to be run in this order. Same tensors as `hgrnStep` with T rows, and `recurrences` between the two. */
export const hgrnChunked = (variant: HgrnVariant): readonly [chunks: Kernel, scan: Kernel] => [chunks(variant), recurrenceScan({ width: variant.width })];
