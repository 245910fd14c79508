import expm1Source from '../common/expm1.wgsl?raw';
import sigmoidSource from '../common/sigmoid.wgsl?raw';
import stepSource from '../common/step.wgsl?raw';
import { assemble, ceilDiv, u32, type Kernel } from '../kernel.ts';
import geluSource from '../linear/epilogue/activation-gelu-tanh.wgsl?raw';
import { recurrenceScan } from './recurrence-scan.ts';
import recurrenceSource from './recurrence.wgsl?raw';
import gatesSource from './rg-lru-gates.wgsl?raw';
import stepKernelSource from './rg-lru-step.wgsl?raw';
import { CHUNK, chunksOf, variantConstants, variantLabel, type RgLruVariant } from './variant.ts';

const STEP_WORKGROUP = 256;
/** Of a head, for a workgroup of the step: few, so that 10 heads of 256 channels already make 80 workgroups. */
const STEP_CHANNELS = 32;

/**
 * One token (T = 1) of the RG-LRU (De et al. 2024, Griffin, arXiv:2402.19427, section 2.4; `RecurrentGemmaRglru` of transformers) times gelu of
 * a gate. x and out [1, width] with rows padded to a multiple of four, gate_weights [2, heads, headDim, headDim] (of the input gate and the
 * recurrence gate, inputs first), parameters [3, width] = (their biases, −8 softplus(Λ)), gate [1, gateStride], state [STATE_SLOTS, width].
 */
export function rgLruStep(variant: RgLruVariant): Kernel {
  return {
    label: `rg-lru-step/${variantLabel(variant)}`,
    features: [],
    code: assemble({
      constants: { ...variantConstants(variant), WORKGROUP: u32(STEP_WORKGROUP), CHANNELS: u32(STEP_CHANNELS) },
      snippets: [stepSource, sigmoidSource, expm1Source, geluSource, recurrenceSource],
      source: stepKernelSource,
    }),
    bindings: [
      { name: 'x', type: 'read' },
      { name: 'gate_weights', type: 'read' },
      { name: 'parameters', type: 'read' },
      { name: 'gate', type: 'read' },
      { name: 'state', type: 'write' },
      { name: 'out', type: 'write' },
      { name: 'step', type: 'uniform' },
    ],
    workgroups: () => [ceilDiv(variant.headDim, STEP_CHANNELS), variant.heads, 1],
  };
}

function gates(variant: RgLruVariant): Kernel {
  return {
    label: `rg-lru-gates/${variantLabel(variant)}`,
    features: [],
    code: assemble({ constants: variantConstants(variant), snippets: [stepSource, sigmoidSource, expm1Source, recurrenceSource], source: gatesSource }),
    bindings: [
      { name: 'x', type: 'read' },
      { name: 'gate_weights', type: 'read' },
      { name: 'parameters', type: 'read' },
      { name: 'recurrences', type: 'write' },
      { name: 'step', type: 'uniform' },
    ],
    workgroups: ({ count }) => [ceilDiv(variant.headDim, CHUNK), chunksOf(count), variant.heads],
  };
}

/** The RG-LRU over any T ≥ 1 tokens in two dispatches, to be run in this order. Same tensors as `rgLruStep` with T rows, and `recurrences` between the two. */
export const rgLruChunked = (variant: RgLruVariant): readonly [gates: Kernel, scan: Kernel] => [gates(variant), recurrenceScan(variant)];
