import { STATE_SLOTS } from '../common/step.ts';
import { roundUp } from '../kernel.ts';
import type { KernelCase } from '../kernel-case.ts';
import { normal, uniform } from '../random.ts';
import { STALE_ROWS, withStaleRows } from '../stale-rows.ts';
import { rgLruReference } from './reference.ts';
import { rgLruChunked, rgLruStep } from './rg-lru.ts';
import { recurrenceLength, widthOf, type RgLruVariant } from './variant.ts';

/** `usual`: decays as at initialisation. `extreme`: per token and channel gates that are shut or wide open, and Λ at which a step keeps nearly all or nearly nothing. */
type Regime = 'usual' | 'extreme';

const SLOTS = { slotIn: 1, slotOut: 2 };

const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** Seeded inputs of a step; the slots of the state that it must not touch are NaN. */
export function rgLruInputs(variant: RgLruVariant, count: number, regime: Regime = 'usual'): Record<'x' | 'gate_weights' | 'parameters' | 'gate' | 'state', Float32Array<ArrayBuffer>> {
  const width = widthOf(variant);
  const next = uniform(1);
  const parameters = normal(3 * width, 2);
  for (let i = 0; i < width; i++) {
    // Griffin's initialisation: with its gate wide open a channel keeps 0.9 to 0.999 of its state.
    const lambda = regime === 'usual' ? Math.log(Math.expm1(-Math.log(0.9 + 0.099 * next()) / 8)) : next() < 0.5 ? -12 : 8;
    parameters[2 * width + i] = -8 * softplus(lambda);
  }
  const state = new Float32Array(STATE_SLOTS * width).fill(NaN);
  state.set(normal(width, 3), SLOTS.slotIn * width);
  return {
    x: normal(count * roundUp(width, 4), 4),
    gate_weights: normal(2 * width * variant.headDim, 5, (regime === 'usual' ? 1 : 30) / Math.sqrt(variant.headDim)),
    parameters,
    gate: normal(count * variant.gateStride, 6, regime === 'usual' ? 1 : 100),
    state,
  };
}

function rgLruCase(kind: 'step' | 'chunked', count: number, position: number, variant: RgLruVariant, regime: Regime = 'usual'): KernelCase {
  const step = { ...SLOTS, count, position };
  const outLength = (count + STALE_ROWS) * roundUp(widthOf(variant), 4);
  return {
    name: `rg-lru ${kind} T=${count} at ${position} heads=${variant.heads}x${variant.headDim} ${regime}`,
    kernels: () => (kind === 'step' ? [rgLruStep(variant)] : rgLruChunked(variant)),
    step,
    inputs: () => {
      const { x, gate, ...kept } = rgLruInputs(variant, count, regime);
      return { x: withStaleRows(x, count), gate: withStaleRows(gate, count), ...kept };
    },
    outputs: { out: { type: 'f32', length: outLength }, ...(kind === 'chunked' && { recurrences: { type: 'f32', length: recurrenceLength(variant, count) } }) },
    expected: ({ x, gate_weights, parameters, gate, state }) => {
      const reference = rgLruReference(variant, { x, gate_weights, parameters, gate, state }, step);
      const out = new Float64Array(outLength).fill(NaN);
      out.set(reference.out);
      return { out, state: reference.state };
    },
    tolerance: 1e-6,
  };
}

export const rgLruSizes = (heads: number, headDim: number): RgLruVariant => ({ heads, headDim, gateStride: roundUp(2 * heads * headDim, 4), gateOffset: heads * headDim });

const odd = rgLruSizes(3, 11);

export const rgLruCases: readonly KernelCase[] = [
  rgLruCase('step', 1, 0, odd),
  rgLruCase('step', 1, 7, rgLruSizes(2, 45)),
  rgLruCase('step', 1, 7, odd, 'extreme'),
  rgLruCase('chunked', 63, 0, odd),
  rgLruCase('chunked', 65, 7, rgLruSizes(2, 45)),
  rgLruCase('chunked', 1000, 7, odd, 'extreme'),
];
