import sigmoidSource from '../common/sigmoid.wgsl?raw';
import stepSource from '../common/step.wgsl?raw';
import { assemble, ceilDiv, u32, type Kernel } from '../kernel.ts';
import decaySource from './decay-softplus.wgsl?raw';
import { gatingConstants } from './gating.ts';
import chunksSource from './linear-attention-chunks.wgsl?raw';
import scanSource from './linear-attention-scan.wgsl?raw';
import { CHUNK, chunksOf, variantConstants, variantLabel, type LinearAttentionVariant } from './variant.ts';

const WORKGROUP_MEMORY = 16_384;

/** Columns of the state that a workgroup of the scan carries: as many of 16 as fit beside two tiles of a chunk and its scales. */
function scanColumns(keyDim: number): number {
  const columns = [16, 8, 4].find((width) => 4 * (width * (keyDim + 2 * CHUNK) + CHUNK) <= WORKGROUP_MEMORY);
  if (!columns) throw new RangeError(`linearAttention: keys of ${keyDim} elements do not fit into workgroup memory`);
  return columns;
}

function chunks(variant: LinearAttentionVariant): Kernel {
  return {
    label: `linear-attention-chunks/${variantLabel(variant)}`,
    features: [],
    code: assemble({
      constants: { ...variantConstants(variant), ...gatingConstants(variant.gating, variant.valueHeads), CHUNK: u32(CHUNK), WORKGROUP: u32((CHUNK * CHUNK) / 4) },
      snippets: [stepSource, sigmoidSource, decaySource],
      source: chunksSource,
    }),
    bindings: [
      { name: 'mixed', type: 'read' },
      { name: 'gates', type: 'read' },
      { name: 'gate_params', type: 'read' },
      { name: 'transform', type: 'write' },
      { name: 'attention', type: 'write' },
      { name: 'row_scales', type: 'write' },
      { name: 'step', type: 'uniform' },
    ],
    workgroups: ({ count }) => [chunksOf(count), variant.valueHeads, 1],
  };
}

function scan(variant: LinearAttentionVariant): Kernel {
  const columns = scanColumns(variant.keyDim);
  return {
    label: `linear-attention-scan/${variantLabel(variant)}`,
    features: [],
    code: assemble({
      constants: { ...variantConstants(variant), CHUNK: u32(CHUNK), COLUMNS: u32(columns) },
      snippets: [stepSource],
      source: scanSource,
    }),
    bindings: [
      { name: 'mixed', type: 'read' },
      { name: 'transform', type: 'read' },
      { name: 'attention', type: 'read' },
      { name: 'row_scales', type: 'read' },
      { name: 'state', type: 'write' },
      { name: 'out', type: 'write' },
      { name: 'step', type: 'uniform' },
    ],
    workgroups: () => [ceilDiv(variant.valueDim, columns), variant.valueHeads, 1],
  };
}

/**
 * The gated delta rule over any T ≥ 1 tokens in two dispatches, to be run in this order (chunked form 2 of arXiv:2412.06464, section 3.3;
 * `torch_chunk_gated_delta_rule` of transformers' Qwen3-Next). Same tensors as `linearAttentionStep` with T rows, and the scratch
 * buffers of `scratchLengths` between the two.
 */
export const linearAttentionChunked = (variant: LinearAttentionVariant): readonly [chunks: Kernel, scan: Kernel] => [chunks(variant), scan(variant)];
