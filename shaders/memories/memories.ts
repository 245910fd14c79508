import sigmoidSource from '../common/sigmoid.wgsl?raw';
import stepSource from '../common/step.wgsl?raw';
import { assemble, ceilDiv, roundUp, u32, type Kernel } from '../kernel.ts';
import combineSource from './combine-memories.wgsl?raw';
import convSource from './memory-conv.wgsl?raw';
import routeSource from './route-memories.wgsl?raw';

const WORKGROUP = 64;

export interface RouteMemoriesVariant {
  /** Memories that tokens are routed to, and how many of them each token is. */
  readonly routed: number;
  readonly topK: number;
  /** One memory more, of all tokens. */
  readonly shared: boolean;
}

/** Which memories a token goes to, and with what weights (Du et al. 2025, arXiv:2502.13685). logits [T, roundUp(routed, 4)], routes [T, roundUp(memories, 4)], of which the last is the shared one. */
export function routeMemories({ routed, topK, shared }: RouteMemoriesVariant): Kernel {
  if (topK < 1 || topK > routed) throw new RangeError(`routeMemories: ${topK} of ${routed} memories`);
  const memories = routed + Number(shared);
  return {
    label: `route-memories/${topK}of${routed}${shared ? '/shared' : ''}`,
    features: [],
    code: assemble({ constants: { ROUTED: u32(routed), MEMORIES: u32(memories), TOP_K: u32(topK), LOGITS_STRIDE: u32(roundUp(routed, 4)), ROUTES_STRIDE: u32(roundUp(memories, 4)), WORKGROUP: u32(WORKGROUP) }, snippets: [stepSource], source: routeSource }),
    bindings: [
      { name: 'logits', type: 'read' },
      { name: 'routes', type: 'write' },
      { name: 'step', type: 'uniform' },
    ],
    workgroups: ({ count }) => [ceilDiv(count, WORKGROUP), 1, 1],
  };
}

export interface MemoryConvVariant {
  readonly memories: number;
  /** Whether k, v and the gates are projected for each memory, or once for all. */
  readonly separate: boolean;
  /** Of one memory. */
  readonly heads: number;
  /** All heads' elements of a key and of a value. */
  readonly keys: number;
  readonly values: number;
  /** Taps of the filter, K ≥ 2. */
  readonly kernelSize: number;
}

/** Columns of x: q, then k, v, b and a of each memory, or of all. */
export const memoryInputs = ({ memories, separate, heads, keys, values }: MemoryConvVariant): number => keys + (separate ? memories : 1) * (keys + values + 2 * heads);
/** Columns of what goes to the memories: q, k, v, b and a, each of all memories. */
export const memoryOutputs = ({ memories, heads, keys, values }: MemoryConvVariant): number => memories * (2 * keys + values + 2 * heads);

/**
 * What each memory is given of each token. x [T, roundUp(memoryInputs, 4)], routes [T, roundUp(memories, 4)], weight [2 · keys + values, K], state
 * [STATE_SLOTS, K − 1, memories, 2 · keys + values], out [T, roundUp(memoryOutputs, 4)].
 */
export function memoryConv(variant: MemoryConvVariant): Kernel {
  const { memories, separate, heads, keys, values, kernelSize } = variant;
  if (kernelSize < 2) throw new RangeError(`memoryConv needs kernelSize ≥ 2, got ${kernelSize}`);
  return {
    label: `memory-conv/${memories}${separate ? '' : '-shared'}/${heads}/${keys}+${values}x${kernelSize}`,
    features: [],
    code: assemble({
      constants: {
        MEMORIES: u32(memories),
        SOURCES: u32(separate ? memories : 1),
        HEADS: u32(heads),
        KEYS: u32(keys),
        VALUES: u32(values),
        KERNEL: u32(kernelSize),
        X_STRIDE: u32(roundUp(memoryInputs(variant), 4)),
        ROUTES_STRIDE: u32(roundUp(memories, 4)),
        OUT_STRIDE: u32(roundUp(memoryOutputs(variant), 4)),
        WORKGROUP: u32(WORKGROUP),
      },
      snippets: [stepSource, sigmoidSource],
      source: convSource,
    }),
    bindings: [
      { name: 'x', type: 'read' },
      { name: 'routes', type: 'read' },
      { name: 'weight', type: 'read' },
      { name: 'state', type: 'write' },
      { name: 'out', type: 'write' },
      { name: 'step', type: 'uniform' },
    ],
    workgroups: ({ count }) => [ceilDiv(2 * keys + values + 2 * heads, WORKGROUP), count, memories],
  };
}

export interface CombineMemoriesVariant {
  readonly memories: number;
  /** Of what is read of one memory. */
  readonly width: number;
}

/** What a token reads of its memories, by their weights. parts [T, roundUp(memories · width, 4)], routes [T, roundUp(memories, 4)], out [T, roundUp(width, 4)]. */
export function combineMemories({ memories, width }: CombineMemoriesVariant): Kernel {
  return {
    label: `combine-memories/${memories}x${width}`,
    features: [],
    code: assemble({ constants: { MEMORIES: u32(memories), WIDTH: u32(width), READ_STRIDE: u32(roundUp(memories * width, 4)), ROUTES_STRIDE: u32(roundUp(memories, 4)), OUT_STRIDE: u32(roundUp(width, 4)), WORKGROUP: u32(WORKGROUP) }, source: combineSource }),
    bindings: [
      { name: 'parts', type: 'read' },
      { name: 'routes', type: 'read' },
      { name: 'out', type: 'write' },
    ],
    workgroups: ({ count }) => [ceilDiv(width, WORKGROUP), count, 1],
  };
}
