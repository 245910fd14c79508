import sigmoidSource from '../common/sigmoid.wgsl?raw';
import stepSource from '../common/step.wgsl?raw';
import { assemble, ceilDiv, f32, grid, u32, type Constant, type Kernel, type StepSize } from '../kernel.ts';
import type { KvLayout } from '../kv/kv-format.ts';
import attentionSource from './chunk-attention.wgsl?raw';
import fileSource from './chunk-file.wgsl?raw';
import recurrenceSource from './chunk-recurrence.wgsl?raw';

/** One layer of RAT (arXiv:2507.04416): a gated recurrence within chunks, softmax attention across them. */
export interface ChunkAttentionVariant {
  readonly heads: number;
  /** Heads of q and k, which the others take turns to share: head h has that of h modulo `groups`. */
  readonly groups: number;
  /** A multiple of 4, at most 256. */
  readonly headDim: number;
  /** Tokens of a chunk. */
  readonly chunk: number;
  /** Chunks that the cache holds. */
  readonly capacity: number;
  readonly kv: KvLayout;
  /** Row length of the projection, and its first columns of what is mixed and its gates [heads, headDim], of q and of k [groups, headDim]. */
  readonly projectionStride: number;
  readonly columns: { readonly x: number; readonly gate: number; readonly q: number; readonly k: number };
}

/** Pairs of channels of a workgroup. */
const PAIRS = 64;
/** Keys that are scored at once: as many as a head can have groups of 4 elements. */
const TILE = 64;
/** Tokens in the grid's y dimension before it folds into z. */
const GRID_Y = 32768;

/** Throws `RangeError` for sizes that the kernels cannot take. */
function sizes({ heads, groups, headDim, chunk, capacity }: ChunkAttentionVariant): Record<string, Constant> {
  if (headDim % 4 !== 0 || headDim > 4 * TILE || heads % groups !== 0 || chunk < 1) throw new RangeError(`chunk attention: ${heads} heads of ${headDim} in ${groups} groups, chunks of ${chunk}`);
  return { HEADS: u32(heads), HEAD_DIM: u32(headDim), ROW4: u32(headDim / 4), CHUNK: u32(chunk), CAPACITY: u32(capacity) };
}

const labelOf = ({ heads, headDim, chunk, capacity, kv }: ChunkAttentionVariant): string => `${heads}x${headDim}/chunk${chunk}/${kv.key}/capacity${capacity}`;

/** Chunks that a step has tokens of, and those that it completes. */
const touched = ({ chunk }: ChunkAttentionVariant, { count, position }: StepSize): number => ceilDiv(position + count, chunk) - Math.floor(position / chunk);
const completed = ({ chunk }: ChunkAttentionVariant, { count, position }: StepSize): number => Math.floor((position + count) / chunk) - Math.floor(position / chunk);

/**
 * projection f32 [T, projectionStride] · gate_bias f32 [heads · headDim] · rotary f32 [chunks, headDim / 2, 2] · query, own_keys, own_values
 * f32 [T, heads, headDim] · state f32 [STATE_SLOTS, 2, heads · headDim]: k and x of the chunk so far. Throws `RangeError` for sizes that it cannot take.
 */
export function chunkRecurrence(variant: ChunkAttentionVariant): Kernel {
  const { heads, groups, headDim, projectionStride, columns } = variant;
  const constants = sizes(variant);
  const ends = [columns.x + heads * headDim, columns.gate + heads * headDim, columns.q + groups * headDim, columns.k + groups * headDim];
  if (Math.max(...ends) > projectionStride) throw new RangeError(`chunk attention: columns exceed rows of ${projectionStride}`);
  const { x, gate, q, k } = columns;
  return {
    label: `chunk-recurrence/${labelOf(variant)}/groups${groups}/${x},${gate},${q},${k}of${projectionStride}`,
    features: [],
    code: assemble({
      constants: { ...constants, GROUPS: u32(groups), STRIDE: u32(projectionStride), X: u32(x), GATE: u32(gate), Q: u32(q), K: u32(k), WORKGROUP: u32(PAIRS) },
      snippets: [stepSource, sigmoidSource],
      source: recurrenceSource,
    }),
    bindings: [
      { name: 'projection', type: 'read' },
      { name: 'gate_bias', type: 'read' },
      { name: 'rotary', type: 'read' },
      { name: 'query', type: 'write' },
      { name: 'own_keys', type: 'write' },
      { name: 'own_values', type: 'write' },
      { name: 'state', type: 'write' },
      { name: 'step', type: 'uniform' },
    ],
    workgroups: (step) => [ceilDiv((heads * headDim) / 2, PAIRS), touched(variant, step), 1],
  };
}

/** own_keys, own_values f32 [T, heads, headDim] · keys, values [heads, capacity, headDim] in the cache's format: a row for each chunk, written by its last token. */
export function chunkFile(variant: ChunkAttentionVariant): Kernel {
  return {
    label: `chunk-file/${labelOf(variant)}`,
    features: [],
    code: assemble({ constants: { ...variant.kv.constants, ...sizes(variant) }, aliases: { KvWord: variant.kv.word }, snippets: [stepSource, ...variant.kv.write], source: fileSource }),
    bindings: [
      { name: 'own_keys', type: 'read' },
      { name: 'own_values', type: 'read' },
      { name: 'keys', type: 'write' },
      { name: 'values', type: 'write' },
      { name: 'step', type: 'uniform' },
    ],
    workgroups: (step) => (completed(variant, step) === 0 ? [0, 0, 0] : [2 * variant.heads, completed(variant, step), 1]),
  };
}

/** query, own_keys, own_values f32 [T, heads, headDim] · keys, values [heads, capacity, headDim], those of the chunks before a token valid · out f32 [T, heads, headDim]. */
export function chunkAttention(variant: ChunkAttentionVariant): Kernel {
  return {
    label: `chunk-attention/${labelOf(variant)}`,
    features: [],
    code: assemble({
      constants: { ...variant.kv.constants, ...sizes(variant), SCALE: f32(variant.headDim ** -0.5), TILE: u32(TILE), GRID_Y: u32(GRID_Y) },
      aliases: { KvWord: variant.kv.word },
      snippets: [stepSource, ...variant.kv.read],
      source: attentionSource,
    }),
    bindings: [
      { name: 'query', type: 'read' },
      { name: 'own_keys', type: 'read' },
      { name: 'own_values', type: 'read' },
      { name: 'keys', type: 'read' },
      { name: 'values', type: 'read' },
      { name: 'out', type: 'write' },
      { name: 'step', type: 'uniform' },
    ],
    workgroups: ({ count }) => {
      const [y, z] = grid(count);
      return [variant.heads, y, z];
    },
  };
}
