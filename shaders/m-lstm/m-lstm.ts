import expm1Source from '../common/expm1.wgsl?raw';
import softplusSource from '../common/softplus.wgsl?raw';
import stepSource from '../common/step.wgsl?raw';
import { team } from '../common/team.ts';
import { assemble, ceilDiv, u32, type Kernel, type Target } from '../kernel.ts';
import capSource from '../linear/epilogue/cap-tanh.wgsl?raw';
import divisorSource from './divisor.wgsl?raw';
import gatesSource from './gates.wgsl?raw';
import chunksSource from './m-lstm-chunks.wgsl?raw';
import scanSource from './m-lstm-scan.wgsl?raw';
import stepKernelSource from './m-lstm-step.wgsl?raw';
import { CHUNK, chunksOf, variantConstants, variantLabel, type MLstmVariant } from './variant.ts';

const WORKGROUP_MEMORY = 16_384;
/** Columns of C that one team of the step owns, as one vec4 of values. */
const TEAM_COLUMNS = 4;
const TEAMS = 4;
const SMALLEST_WORKGROUP = 64;

/**
 * One token (T = 1) of an mLSTM (Beck et al. 2024, arXiv:2405.04517, section 2.3, as in xLSTM-7B, arXiv:2503.13427; `mlstm_recurrent_step_native`
 * of transformers' xLSTM). mixed [1, mixedStride], gates [1, gatesStride], state [STATE_SLOTS, stateLength], out [1, heads · valueDim].
 */
export function mLstmStep(variant: MLstmVariant, target: Target): Kernel {
  const { size, features, snippet, label } = team(target);
  const workgroup = Math.max(TEAMS * size, SMALLEST_WORKGROUP);
  return {
    label: `m-lstm-step/${variantLabel(variant)}/${label}`,
    features,
    code: assemble({
      features,
      constants: { ...variantConstants(variant), WORKGROUP: u32(workgroup), TEAM: u32(size) },
      snippets: [stepSource, expm1Source, softplusSource, capSource, gatesSource, divisorSource, snippet],
      source: stepKernelSource,
    }),
    bindings: [
      { name: 'mixed', type: 'read' },
      { name: 'gates', type: 'read' },
      { name: 'state', type: 'write' },
      { name: 'out', type: 'write' },
      { name: 'step', type: 'uniform' },
    ],
    workgroups: () => [ceilDiv(variant.valueDim, (workgroup / size) * TEAM_COLUMNS), variant.heads, 1],
  };
}

function chunks(variant: MLstmVariant): Kernel {
  return {
    label: `m-lstm-chunks/${variantLabel(variant)}`,
    features: [],
    code: assemble({ constants: { ...variantConstants(variant), CHUNK: u32(CHUNK) }, snippets: [stepSource, softplusSource, capSource, gatesSource], source: chunksSource }),
    bindings: [
      { name: 'mixed', type: 'read' },
      { name: 'gates', type: 'read' },
      { name: 'attention', type: 'write' },
      { name: 'row_scales', type: 'write' },
      { name: 'step', type: 'uniform' },
    ],
    workgroups: ({ count }) => [chunksOf(count), variant.heads, 1],
  };
}

/** Columns of C that a workgroup of the scan carries: as many of 16 as fit beside n, the values of a chunk and its scales. */
function scanColumns(keyDim: number): number {
  const columns = [16, 8, 4].find((width) => 4 * (width * (keyDim + CHUNK) + keyDim + CHUNK * (width / 4 + 1)) <= WORKGROUP_MEMORY);
  if (!columns) throw new RangeError(`mLstm: keys of ${keyDim} elements do not fit into workgroup memory`);
  return columns;
}

function scan(variant: MLstmVariant): Kernel {
  const columns = scanColumns(variant.keyDim);
  return {
    label: `m-lstm-scan/${variantLabel(variant)}`,
    features: [],
    code: assemble({ constants: { ...variantConstants(variant), CHUNK: u32(CHUNK), COLUMNS: u32(columns) }, snippets: [stepSource, expm1Source, divisorSource], source: scanSource }),
    bindings: [
      { name: 'mixed', type: 'read' },
      { name: 'attention', type: 'read' },
      { name: 'row_scales', type: 'read' },
      { name: 'state', type: 'write' },
      { name: 'out', type: 'write' },
      { name: 'step', type: 'uniform' },
    ],
    workgroups: () => [ceilDiv(variant.valueDim, columns), variant.heads, 1],
  };
}

/** An mLSTM over any T ≥ 1 tokens in two dispatches, to be run in this order. Same tensors as `mLstmStep` with T rows, and the buffers of `scratchLengths` between the two. */
export const mLstmChunked = (variant: MLstmVariant): readonly [chunks: Kernel, scan: Kernel] => [chunks(variant), scan(variant)];
