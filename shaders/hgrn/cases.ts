import { STATE_SLOTS } from '../common/step.ts';
import { roundUp } from '../kernel.ts';
import type { KernelCase } from '../kernel-case.ts';
import { normal, uniform } from '../random.ts';
import { STALE_ROWS, withStaleRows } from '../stale-rows.ts';
import { hgrnChunked, hgrnRecurrenceLength, hgrnStep, type HgrnVariant } from './hgrn.ts';
import { hgrnReference } from './reference.ts';

/** `extreme`: gates that are shut or wide open, and bounds next to 1. */
type Regime = 'usual' | 'extreme';

const SLOTS = { slotIn: 1, slotOut: 2 };
const LAYERS = 2;

function hgrnCase(kind: 'step' | 'chunked', count: number, position: number, width: number, regime: Regime = 'usual'): KernelCase {
  const variant: HgrnVariant = { width, stride: roundUp(2 * width + 5, 4), columns: { input: 2, forget: width + 3 }, layer: 1 };
  const step = { ...SLOTS, count, position };
  const outLength = (count + STALE_ROWS) * roundUp(width, 4);
  return {
    name: `hgrn ${kind} T=${count} at ${position} ${width} ${regime}`,
    kernels: () => (kind === 'step' ? [hgrnStep(variant)] : hgrnChunked(variant)),
    step,
    inputs: () => {
      const next = uniform(1);
      const x = normal(count * variant.stride, 2, regime === 'usual' ? 1 : 15);
      // Those of the other layer must not be read.
      const lower_bounds = Float32Array.from({ length: LAYERS * width }, (_, i) => (i < width ? NaN : i % 3 ? (regime === 'usual' ? next() : 1 - 1e-5 * next()) : 0));
      const state = new Float32Array(STATE_SLOTS * width).fill(NaN);
      state.set(normal(width, 3), SLOTS.slotIn * width);
      return { x: withStaleRows(x, count), lower_bounds, state };
    },
    outputs: { out: { type: 'f32', length: outLength }, ...(kind === 'chunked' && { recurrences: { type: 'f32', length: hgrnRecurrenceLength(variant, count) } }) },
    expected: ({ x, lower_bounds, state }) => {
      const reference = hgrnReference(variant, { x, lower_bounds, state }, step);
      const out = new Float64Array(outLength).fill(NaN);
      out.set(reference.out);
      return { out, state: reference.state };
    },
    tolerance: 1e-6,
  };
}

export const hgrnCases: readonly KernelCase[] = [
  hgrnCase('step', 1, 7, 45),
  hgrnCase('step', 1, 0, 5, 'extreme'),
  hgrnCase('chunked', 65, 7, 45),
  hgrnCase('chunked', 1000, 0, 70, 'extreme'),
];
