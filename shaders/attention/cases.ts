import type { Step } from '../common/step.ts';
import { roundUp } from '../kernel.ts';
import type { KernelCase } from '../kernel-case.ts';
import { normal } from '../random.ts';
import { attentionDecode, attentionPartialLength } from './attention-decode.ts';
import { attentionInput } from './attention-input.ts';
import { attentionMerge, attentionPrefillMerge } from './attention-merge.ts';
import { attentionPrefill, prefillPartialLength } from './attention-prefill.ts';
import type { KvFormat } from '../kv/kv-format.ts';
import { KV_LAYOUTS } from '../kv/kv-layouts.ts';
import { packKvCache, unpackKvCache } from '../kv/reference.ts';
import { attentionInputReference, attentionReference } from './reference.ts';
import type { AttentionVariant } from './variant.ts';

type Shape = { readonly kv?: KvFormat; readonly projectionStride?: number } & Partial<Omit<AttentionVariant, 'kv' | 'projectionStride'>> & Pick<AttentionVariant, 'heads' | 'kvHeads' | 'headDim'>;

function variantOf(shape: Shape): AttentionVariant & { readonly projectionStride: number } {
  const { heads, kvHeads, headDim, gated = false } = shape;
  const width = ((gated ? 2 : 1) * heads + 2 * kvHeads) * headDim;
  return { capacity: 601, scale: headDim ** -0.5, gated, projectionStride: roundUp(width, 4), rotaryDim: 0, ...shape, kv: KV_LAYOUTS[shape.kv ?? 'f32'] };
}

export const stepOf = (count: number, position: number): Step => ({ count, position, slotIn: 0, slotOut: 1 });

/**
 * Of a layer, whose keys and values differ from the reference's in f32's last digits: one in some thousands is rounded to the other
 * neighbour, which for halves (2^-11 relative) moves scores of size 1…10 by up to 1e-3.
 */
export const LAYER_TOLERANCE: Readonly<Record<KvFormat, number>> = { f32: 1e-5, f16: 2e-3, int8: 2e-3, int4: 1e-2 };

export const kernelsOf = (variant: AttentionVariant, count: number) => (count === 1 ? [attentionDecode(variant), attentionMerge(variant)] : [attentionPrefill(variant), attentionPrefillMerge(variant)]);
export const partialLength = (variant: AttentionVariant, count: number): number => (count === 1 ? attentionPartialLength : prefillPartialLength)(variant);

function describe(variant: AttentionVariant, { count, position }: Step): string {
  const { heads, kvHeads, headDim, valueDim, kv, window, gated, qkNorm, rotaryDim, sinks, softCap } = variant;
  const flags = [valueDim && `values ${valueDim}`, window && `window ${window}`, gated && 'gated', qkNorm && (qkNorm.whole ? 'whole norm' : 'norm'), rotaryDim && `rotary ${rotaryDim}`, sinks && 'sinks', softCap && `cap ${softCap}`];
  return [`T=${count} position=${position} ${heads}:${kvHeads}x${headDim} ${kv.key}`, ...flags.filter(Boolean)].join(' ');
}

/** What is left of a cache that was stored. */
export const kept = ({ kv, headDim }: AttentionVariant, cache: Float64Array): Float64Array => unpackKvCache(kv.key, packKvCache(kv.key, cache, headDim), headDim);

/** NaN cache with `rows` [count, kvHeads, headDim] written from position `from` on. */
export function withRows(variant: AttentionVariant, cache: Float64Array, rows: ArrayLike<number>, from: number): Float64Array {
  const { kvHeads, headDim, capacity } = variant;
  const result = cache.slice();
  for (let i = 0; i < rows.length; i++) {
    const token = Math.floor(i / (kvHeads * headDim));
    const head = Math.floor(i / headDim) % kvHeads;
    result[(head * capacity + from + token) * headDim + (i % headDim)] = rows[i];
  }
  return result;
}

export const emptyCache = ({ kvHeads, capacity, headDim }: AttentionVariant): Float64Array => new Float64Array(kvHeads * capacity * headDim).fill(NaN);

/** Multiples of 1/128 within ±8: exact in f32 and f16. */
const exact = (length: number, seed: number): Float64Array => Float64Array.from(normal(length, seed), (x) => Math.max(-8, Math.min(8, Math.round(x * 128) / 128)));

/** Decode and merge, or prefill, over a given cache that is poisoned beyond the valid positions. */
function attentionCase(shape: Shape, count: number, position: number): KernelCase {
  const variant = variantOf(shape);
  const step = stepOf(count, position);
  const { heads, kvHeads, headDim, valueDim = headDim, projectionStride, sinks, gated } = variant;
  const cache = (seed: number): Float64Array => withRows(variant, emptyCache(variant), exact((position + count) * kvHeads * headDim, seed), 0);
  return {
    name: `${count === 1 ? 'decode' : 'prefill'} ${describe(variant, step)}`,
    kernels: () => kernelsOf(variant, count),
    step,
    inputs: () => ({
      query: normal(count * heads * headDim, 1, 1.5),
      keys: packKvCache(variant.kv.key, cache(2), headDim),
      values: packKvCache(variant.kv.key, cache(3), headDim),
      ...(gated && { projection: normal(count * projectionStride, 4, 2) }),
      ...(sinks && { sinks: normal(heads, 5, 2) }),
    }),
    outputs: { out: { type: 'f32', length: count * heads * valueDim }, partial: { type: 'f32', length: partialLength(variant, count) } },
    expected: ({ query, projection, sinks: sinkLogits }) => ({
      out: attentionReference(variant, step, {
        query,
        keys: kept(variant, cache(2)),
        values: kept(variant, cache(3)),
        ...(projection && { projection }),
        ...(sinkLogits && { sinks: sinkLogits }),
      }),
    }),
    tolerance: 5e-6,
  };
}

/**
 * The whole layer on a sequence in which a token's projection depends on its position alone: so the same tokens read in one
 * step or one by one have the same reference, and a step of T tokens is held to what T steps of one token are held to.
 */
function layerCase(shape: Shape, count: number, position: number): KernelCase {
  const variant = variantOf(shape);
  const step = stepOf(count, position);
  const { heads, kvHeads, headDim, capacity, projectionStride, qkNorm, rotaryDim, sinks, kv } = variant;
  const length = count * heads * headDim;
  const unpack = (words: Uint32Array<ArrayBuffer>): Float64Array => unpackKvCache(kv.key, words, headDim);
  const rows = (from: number, tokens: number): Float32Array<ArrayBuffer> => {
    const all = new Float32Array(tokens * projectionStride);
    for (let t = 0; t < tokens; t++) all.set(normal(projectionStride, 100 + from + t), t * projectionStride);
    return all;
  };
  const weights = (): Record<string, Float32Array<ArrayBuffer>> => ({
    ...(qkNorm && { q_norm: normal((qkNorm.whole ? heads : 1) * headDim, 1), k_norm: normal((qkNorm.whole ? kvHeads : 1) * headDim, 2) }),
    // Any pairs do; real ones have cos² + sin² = 1, which a test of the arithmetic must not rely on.
    ...(rotaryDim && { rotary: normal(capacity * rotaryDim, 3) }),
  });
  const past = (): { keys: Float64Array; values: Float64Array } => {
    const { keys, values } = attentionInputReference(variant, stepOf(position, 0), { projection: rows(0, position), ...weights() });
    return { keys: withRows(variant, emptyCache(variant), keys, 0), values: withRows(variant, emptyCache(variant), values, 0) };
  };
  return {
    name: `layer ${describe(variant, step)}`,
    kernels: () => [attentionInput(variant), ...kernelsOf(variant, count)],
    step,
    inputs: () => {
      const { keys, values } = past();
      return { projection: rows(position, count), ...weights(), keys: packKvCache(kv.key, keys, headDim), values: packKvCache(kv.key, values, headDim), ...(sinks && { sinks: normal(heads, 5, 2) }) };
    },
    outputs: { query: { type: 'f32', length }, out: { type: 'f32', length }, partial: { type: 'f32', length: partialLength(variant, count) } },
    unpack: { keys: unpack, values: unpack },
    expected: ({ projection, sinks: sinkLogits }) => {
      const now = attentionInputReference(variant, step, { projection, ...weights() });
      const before = past();
      const keys = kept(variant, withRows(variant, before.keys, now.keys, position));
      const values = kept(variant, withRows(variant, before.values, now.values, position));
      const out = attentionReference(variant, step, { query: now.query, keys, values, ...(variant.gated && { projection }), ...(sinkLogits && { sinks: sinkLogits }) });
      return { query: now.query, keys, values, out };
    },
    tolerance: LAYER_TOLERANCE[kv.key],
  };
}

const qwen3: Shape = { heads: 4, kvHeads: 2, headDim: 128, qkNorm: { eps: 1e-6 }, rotaryDim: 128 };
const qwen35: Shape = { heads: 8, kvHeads: 2, headDim: 256, gated: true, qkNorm: { eps: 1e-6 }, rotaryDim: 64 };

export const attentionCases: readonly KernelCase[] = [
  // Positions: one split, the edge of two, many; groups that fill, undershoot and exceed the four heads of a tile.
  ...[0, 1, 62, 63, 64, 500].map((position) => attentionCase({ heads: 4, kvHeads: 2, headDim: 128 }, 1, position)),
  ...[1, 3].map((group) => attentionCase({ heads: 2 * group, kvHeads: 2, headDim: 16, kv: 'f16' }, 1, 100)),
  ...[5, 16].map((group) => attentionCase({ heads: group, kvHeads: 1, headDim: 20 }, 1, 500)),
  ...[4, 80, 256].map((headDim) => attentionCase({ heads: 6, kvHeads: 2, headDim, kv: 'f16', gated: true }, 1, 500)),
  attentionCase({ heads: 4, kvHeads: 2, headDim: 64, window: 32 }, 1, 20),
  attentionCase({ heads: 4, kvHeads: 2, headDim: 64, window: 32 }, 1, 500),
  attentionCase({ heads: 4, kvHeads: 2, headDim: 16, window: 1 }, 1, 63),
  attentionCase({ heads: 8, kvHeads: 1, headDim: 64, sinks: true, window: 128 }, 1, 63),
  attentionCase({ heads: 8, kvHeads: 1, headDim: 64, sinks: true, window: 128 }, 1, 500),
  attentionCase({ heads: 4, kvHeads: 2, headDim: 64, softCap: 5 }, 1, 100),
  attentionCase({ heads: 4, kvHeads: 2, headDim: 64, scale: 30 }, 1, 100),
  // Pairs of heads that weigh each other's values: within a team's first 128 columns, and beyond them.
  attentionCase({ heads: 6, kvHeads: 2, headDim: 20, valueDim: 40 }, 1, 100),
  attentionCase({ heads: 4, kvHeads: 4, headDim: 68, valueDim: 136, window: 20 }, 33, 5),
  // The last position that the cache has.
  attentionCase({ heads: 4, kvHeads: 2, headDim: 16, capacity: 65 }, 1, 64),

  ...[[7, 0], [7, 63], [7, 500], [63, 1], [63, 63], [100, 0], [100, 63]].map(([count, position]) => attentionCase({ heads: 4, kvHeads: 2, headDim: 64, kv: count === 63 ? 'f16' : 'f32' }, count, position)),
  attentionCase({ heads: 6, kvHeads: 2, headDim: 16, kv: 'f16' }, 33, 5),
  ...[4, 80, 132, 256].map((headDim) => attentionCase({ heads: 2, kvHeads: 1, headDim, gated: true, kv: headDim === 256 ? 'f16' : 'f32' }, 63, 63)),
  ...[1, 100].map((window) => attentionCase({ heads: 2, kvHeads: 2, headDim: 16, window }, 100, 63)),
  attentionCase({ heads: 4, kvHeads: 2, headDim: 64, sinks: true, window: 20 }, 63, 1),
  attentionCase({ heads: 4, kvHeads: 2, headDim: 64, softCap: 5 }, 63, 1),
  attentionCase({ heads: 4, kvHeads: 2, headDim: 64, scale: 30 }, 63, 1),
  attentionCase({ heads: 4, kvHeads: 2, headDim: 16, capacity: 101 }, 100, 1),
  attentionCase({ heads: 2, kvHeads: 1, headDim: 32 }, 513, 0),
  // Keys split between workgroups: the edge of two splits, as many as there may be, several tiles, queries that see nothing of a split, short values.
  ...[121, 122].map((position) => attentionCase({ heads: 2, kvHeads: 1, headDim: 16 }, 7, position)),
  attentionCase({ heads: 2, kvHeads: 1, headDim: 4, capacity: 3000 }, 5, 2990),
  attentionCase({ heads: 3, kvHeads: 1, headDim: 132, gated: true, sinks: true }, 33, 500),
  attentionCase({ heads: 2, kvHeads: 2, headDim: 16, window: 100 }, 63, 500),
  attentionCase({ heads: 2, kvHeads: 2, headDim: 20, valueDim: 12, sinks: true, window: 300 }, 100, 500),
  attentionCase({ heads: 2, kvHeads: 2, headDim: 16, softCap: 5 }, 129, 450),

  // The law: tokens 63…69 in one step, and some of them alone.
  layerCase(qwen3, 7, 63),
  ...[63, 64, 69].map((position) => layerCase(qwen3, 1, position)),
  layerCase(qwen35, 63, 0),
  layerCase(qwen35, 1, 62),
  layerCase({ ...qwen35, kv: 'f16' }, 7, 500),
  layerCase({ ...qwen3, kv: 'f16' }, 1, 500),
  layerCase({ ...qwen3, kv: 'f16', qkNorm: undefined }, 100, 1),
  layerCase({ heads: 3, kvHeads: 3, headDim: 4, rotaryDim: 4 }, 100, 1),
  layerCase({ heads: 4, kvHeads: 2, headDim: 16, rotaryDim: 4, qkNorm: { eps: 1e-6 } }, 7, 0),
  layerCase({ heads: 4, kvHeads: 2, headDim: 20, rotaryDim: 0, qkNorm: { eps: 1e-5 }, projectionStride: 176 }, 7, 1),
  layerCase({ heads: 3, kvHeads: 1, headDim: 20, rotaryDim: 20, qkNorm: { eps: 1e-5, whole: true }, projectionStride: 104 }, 7, 1),
  layerCase({ heads: 4, kvHeads: 2, headDim: 80, rotaryDim: 20, window: 32, sinks: true }, 63, 63),
  layerCase({ heads: 4, kvHeads: 2, headDim: 64, rotaryDim: 64, window: 32 }, 1, 500),
  layerCase({ heads: 16, kvHeads: 2, headDim: 64, rotaryDim: 32, gated: true }, 1, 0),

  // Packed rows: heads that fill their last group and word, and heads that do not.
  ...(['int8', 'int4'] as const).flatMap((kv) => [
    ...[4, 36, 256].map((headDim) => attentionCase({ heads: 6, kvHeads: 2, headDim, kv }, 1, 500)),
    ...[4, 36, 80].map((headDim) => attentionCase({ heads: 2, kvHeads: 1, headDim, kv, gated: true }, 63, 63)),
    attentionCase({ heads: 16, kvHeads: 2, headDim: 128, kv }, 1, 63),
    attentionCase({ heads: 8, kvHeads: 1, headDim: 64, kv, sinks: true, window: 128 }, 1, 500),
    attentionCase({ heads: 4, kvHeads: 2, headDim: 64, kv, sinks: true, window: 20 }, 63, 1),
    layerCase({ ...qwen3, kv }, 7, 63),
    ...[63, 69].map((position) => layerCase({ ...qwen3, kv }, 1, position)),
    layerCase({ ...qwen35, kv }, 7, 60),
    layerCase({ heads: 3, kvHeads: 3, headDim: 4, rotaryDim: 4, kv }, 100, 1),
    layerCase({ heads: 4, kvHeads: 2, headDim: 36, rotaryDim: 20, qkNorm: { eps: 1e-5 }, kv }, 7, 1),
    layerCase({ heads: 4, kvHeads: 2, headDim: 80, rotaryDim: 20, window: 32, sinks: true, kv }, 33, 63),
  ]),
];
