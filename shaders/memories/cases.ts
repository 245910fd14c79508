import { STATE_SLOTS } from '../common/step.ts';
import { roundUp } from '../kernel.ts';
import type { KernelCase } from '../kernel-case.ts';
import { normal, uniform } from '../random.ts';
import { combineMemories, memoryConv, memoryInputs, memoryOutputs, routeMemories, type CombineMemoriesVariant, type MemoryConvVariant, type RouteMemoriesVariant } from './memories.ts';
import { combineMemoriesReference, memoryConvReference, routeMemoriesReference } from './reference.ts';

const STEP = { position: 7, slotIn: 1, slotOut: 2 };

function routeCase(count: number, variant: RouteMemoriesVariant): KernelCase {
  const stride = roundUp(variant.routed, 4);
  return {
    name: `${routeMemories(variant).label} T=${count}`,
    kernels: () => [routeMemories(variant)],
    step: { ...STEP, count },
    // Every third row is of equal logits.
    inputs: () => ({ logits: normal(count * stride, 1, 3).map((x, i) => (Math.floor(i / stride) % 3 === 2 ? 1 : x)) }),
    outputs: { routes: { type: 'f32', length: count * roundUp(variant.routed + Number(variant.shared), 4) } },
    expected: ({ logits }) => ({ routes: routeMemoriesReference(variant, logits, count) }),
    tolerance: 1e-6,
  };
}

/** Each token goes to the last memory and to each of the others with `chance`. */
function convCase(count: number, variant: MemoryConvVariant, chance: number): KernelCase {
  const { memories, keys, values, kernelSize } = variant;
  const slot = (kernelSize - 1) * memories * (2 * keys + values);
  return {
    name: `${memoryConv(variant).label} T=${count} ${chance}`,
    kernels: () => [memoryConv(variant)],
    step: { ...STEP, count },
    inputs: () => {
      const next = uniform(7);
      const stride = roundUp(memories, 4);
      const state = new Float32Array(STATE_SLOTS * slot).fill(NaN);
      state.set(normal(slot, 3), STEP.slotIn * slot);
      return {
        x: normal(count * roundUp(memoryInputs(variant), 4), 1),
        routes: Float32Array.from({ length: count * stride }, (_, i) => (i % stride === memories - 1 || next() < chance ? 0.3 : 0)),
        weight: normal((2 * keys + values) * kernelSize, 2),
        state,
      };
    },
    outputs: { out: { type: 'f32', length: count * roundUp(memoryOutputs(variant), 4) } },
    expected: ({ x, routes, weight, state }) => {
      const reference = memoryConvReference(variant, { x, routes, weight, state: state.subarray(STEP.slotIn * slot, (STEP.slotIn + 1) * slot) }, { count });
      const states = Float64Array.from(state);
      states.set(reference.state, STEP.slotOut * slot);
      return { out: reference.out, state: states };
    },
    // Of an RMS that is nearly all made by the closed gates' −300, some hundred times that of the rest.
    tolerance: 5e-9,
  };
}

function combineCase(count: number, variant: CombineMemoriesVariant): KernelCase {
  const { memories, width } = variant;
  return {
    name: `${combineMemories(variant).label} T=${count}`,
    kernels: () => [combineMemories(variant)],
    step: { ...STEP, count },
    inputs: () => ({ parts: normal(count * roundUp(memories * width, 4), 1), routes: normal(count * roundUp(memories, 4), 2) }),
    outputs: { out: { type: 'f32', length: count * roundUp(width, 4) } },
    expected: ({ parts, routes }) => ({ out: combineMemoriesReference(variant, parts, routes, count) }),
    tolerance: 1e-6,
  };
}

export const memoryCases: readonly KernelCase[] = [
  routeCase(67, { routed: 5, topK: 2, shared: true }),
  routeCase(3, { routed: 4, topK: 4, shared: false }),
  convCase(40, { memories: 3, separate: true, heads: 3, keys: 15, values: 21, kernelSize: 4 }, 0.3),
  convCase(1, { memories: 4, separate: false, heads: 2, keys: 8, values: 8, kernelSize: 3 }, 0.5),
  convCase(9, { memories: 3, separate: false, heads: 2, keys: 40, values: 20, kernelSize: 4 }, 0),
  combineCase(3, { memories: 3, width: 71 }),
];
