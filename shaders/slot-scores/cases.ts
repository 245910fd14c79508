import { STATE_SLOTS } from '../common/step.ts';
import { roundUp } from '../kernel.ts';
import type { KernelCase } from '../kernel-case.ts';
import { normal } from '../random.ts';
import { slotScoresReference } from './reference.ts';
import { slotScoresChunked, slotScoresStep } from './slot-scores.ts';
import { slotScratchLengths, stateLength, type SlotScoresVariant } from './variant.ts';

const STEP = { position: 7, slotIn: 1, slotOut: 2 };
/** Rows past the step's tokens, left by a longer step: NaN, and neither read nor written. */
const STALE_ROWS = 32;

interface Shape {
  readonly heads: number;
  readonly keyDim: number;
  readonly slots: number;
  /** Columns between and around the tensors that are used; they hold NaN. */
  readonly gap: number;
}

/** `spread`: of the decays' logits. */
function slotCase(kind: 'step' | 'chunked', { heads, keyDim, slots, gap }: Shape, count: number, spread = 2, shift = 0): KernelCase {
  const keys = heads * keyDim;
  const variant: SlotScoresVariant = { heads, keyDim, slots, mixedStride: 2 * keys + 3 * gap, columns: { k: gap, q: 2 * gap + keys }, scale: keyDim ** -0.5, decay: { stride: roundUp(heads * slots + 3, 4), column: 1 }, normalizer: 8 };
  const step = { ...STEP, count };
  const outLength = (count + STALE_ROWS) * roundUp(heads * slots, 4);
  const length = stateLength(variant);
  const scratch = Object.fromEntries(Object.entries(slotScratchLengths(variant, count)).map(([name, size]) => [name, { type: 'f32', length: size } as const]));
  return {
    name: `slot-scores ${kind} T=${count} ${heads}x${keyDim} slots=${slots} decays×${spread}+${shift}`,
    kernels: (target) => (kind === 'step' ? [slotScoresStep(variant, target)] : slotScoresChunked(variant)),
    step,
    inputs: () => {
      const mixed = new Float32Array((count + STALE_ROWS) * variant.mixedStride).fill(NaN);
      const raw = normal(mixed.length, 1);
      for (let t = 0; t < count; t++) for (const first of Object.values(variant.columns)) mixed.set(raw.subarray(t * variant.mixedStride + first, t * variant.mixedStride + first + keys), t * variant.mixedStride + first);
      const raw_decay = new Float32Array((count + STALE_ROWS) * variant.decay.stride).fill(NaN);
      raw_decay.set(normal(count * variant.decay.stride, 2, spread).map((x) => x + shift));
      const state = new Float32Array(STATE_SLOTS * length).fill(NaN);
      state.set(normal(length, 4, 0.3), STEP.slotIn * length);
      return { mixed, raw_decay, state };
    },
    outputs: { out: { type: 'f32', length: outLength }, ...(kind === 'chunked' ? scratch : {}) },
    expected: (inputs) => {
      const reference = slotScoresReference(variant, inputs, step);
      const out = new Float64Array(outLength).fill(NaN);
      out.set(reference.out);
      return { out, state: reference.state };
    },
    tolerance: 3e-6,
  };
}

/** Slots that fill neither a slice nor a team, tensors with columns of others between. */
const odd: Shape = { heads: 3, keyDim: 20, slots: 13, gap: 4 };

export const slotScoresCases: readonly KernelCase[] = [
  slotCase('step', odd, 1),
  slotCase('step', { heads: 1, keyDim: 512, slots: 64, gap: 0 }, 1, 30),
  slotCase('chunked', odd, 1),
  slotCase('chunked', odd, 65, 60),
  slotCase('chunked', { heads: 1, keyDim: 132, slots: 20, gap: 0 }, 100),
  // Slots that keep nearly everything: whether errors pile up.
  slotCase('chunked', { heads: 1, keyDim: 8, slots: 3, gap: 0 }, 2048, 0.5, 8),
];
