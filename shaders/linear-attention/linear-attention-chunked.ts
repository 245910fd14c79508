import expm1Source from '../common/expm1.wgsl?raw';
import stepSource from '../common/step.wgsl?raw';
import { assemble, bool, ceilDiv, u32, type Binding, type Kernel } from '../kernel.ts';
import correctedDeltaSource from './corrected-delta.wgsl?raw';
import correctedNoneSource from './corrected-none.wgsl?raw';
import decaySource from './decay.wgsl?raw';
import { gatingParts, isDelta } from './gating.ts';
import chunksSource from './linear-attention-chunks.wgsl?raw';
import scanSource from './linear-attention-scan.wgsl?raw';
import transformDeltaSource from './transform-delta.wgsl?raw';
import transformNoneSource from './transform-none.wgsl?raw';
import triangularSource from './unit-triangular.wgsl?raw';
import { CHUNK, chunksOf, variantConstants, variantLabel, type LinearAttentionVariant } from './variant.ts';

const WORKGROUP_MEMORY = 16_384;

/** Columns of the state that a workgroup of the scan carries: as many of 16 as fit beside two tiles of a chunk and its scales. */
function scanColumns(keyDim: number): number {
  const columns = [16, 8, 4].find((width) => 4 * (width * (keyDim + 2 * CHUNK) + CHUNK) <= WORKGROUP_MEMORY);
  if (!columns) throw new RangeError(`linearAttention: keys of ${keyDim} elements do not fit into workgroup memory`);
  return columns;
}

/** Value heads of one key head that share a workgroup's products of q and k; of the delta rule each has an inverse of its own to compute. */
function sharedHeads({ keyHeads, valueHeads, gating }: LinearAttentionVariant): number {
  if (isDelta(gating)) return 1;
  return [4, 3, 2].find((count) => (valueHeads / keyHeads) % count === 0) ?? 1;
}

function chunks(variant: LinearAttentionVariant): Kernel {
  const gating = gatingParts(variant.gating, variant.valueHeads);
  const shared = sharedHeads(variant);
  const delta = isDelta(variant.gating);
  const bindings: readonly Binding[] = [
    { name: 'mixed', type: 'read' },
    { name: 'attention', type: 'write' },
    { name: 'row_scales', type: 'write' },
    { name: 'step', type: 'uniform' },
    ...gating.bindings,
  ];
  return {
    label: `linear-attention-chunks/${variantLabel(variant)}`,
    features: [],
    code: assemble({
      constants: { ...variantConstants(variant), ...gating.constants, SHARED: u32(shared), TRANSFORM_BINDING: u32(bindings.length), CHUNK: u32(CHUNK), WORKGROUP: u32((CHUNK * CHUNK) / 4) },
      snippets: [stepSource, ...gating.snippets, ...(delta ? [triangularSource, transformDeltaSource] : [transformNoneSource])],
      source: chunksSource,
    }),
    bindings: delta ? [...bindings, { name: 'transform', type: 'write' }] : bindings,
    workgroups: ({ count }) => [chunksOf(count), variant.valueHeads / shared, 1],
  };
}

function scan(variant: LinearAttentionVariant): Kernel {
  const columns = scanColumns(variant.keyDim);
  const delta = isDelta(variant.gating);
  const bindings: readonly Binding[] = [
    { name: 'mixed', type: 'read' },
    { name: 'attention', type: 'read' },
    { name: 'row_scales', type: 'read' },
    { name: 'state', type: 'write' },
    { name: 'out', type: 'write' },
    { name: 'step', type: 'uniform' },
  ];
  return {
    label: `linear-attention-scan/${variantLabel(variant)}`,
    features: [],
    code: assemble({
      constants: { ...variantConstants(variant), DELTA: bool(delta), CHUNK: u32(CHUNK), COLUMNS: u32(columns), QUADS: u32(columns / 4) },
      snippets: [stepSource, expm1Source, decaySource, delta ? correctedDeltaSource : correctedNoneSource],
      source: scanSource,
    }),
    bindings: delta ? [...bindings, { name: 'transform', type: 'read' }] : bindings,
    workgroups: () => [ceilDiv(variant.valueDim, columns), variant.valueHeads, 1],
  };
}

/**
 * Linear attention whose decay is one number a head, over any T ≥ 1 tokens, in two dispatches to be run in this order (arXiv:2405.21060,
 * section 6; with the delta rule arXiv:2412.06464, section 3.3, and `torch_chunk_gated_delta_rule` of transformers' Qwen3-Next). Same tensors
 * as `linearAttentionStep` with T rows, and the scratch buffers of `scratchLengths` between the two.
 */
export const linearAttentionChunked = (variant: LinearAttentionVariant): readonly [chunks: Kernel, scan: Kernel] => [chunks(variant), scan(variant)];
