import type { KernelCase } from '../kernel-case.ts';
import type { KvFormat } from '../kv/kv-format.ts';
import { KV_LAYOUTS } from '../kv/kv-layouts.ts';
import { packKvCache, unpackKvCache } from '../kv/reference.ts';
import { normal } from '../random.ts';
import { attentionInputLatent, type LatentInput } from './attention-input-latent.ts';
import { emptyCache, kept, kernelsOf, LAYER_TOLERANCE, partialLength, stepOf, withRows } from './cases.ts';
import { attentionReference, latentInputReference } from './reference.ts';
import type { AttentionVariant } from './variant.ts';

/** A layer of latent attention, keys and values of the step filed first: `own` and `shared` elements of a key, `value` of a value. */
function latentCase(heads: number, { own, shared, value }: { own: number; shared: number; value: number }, count: number, position: number, kvFormat: KvFormat = 'f32'): KernelCase {
  const headDim = own + shared;
  const kv = KV_LAYOUTS[kvFormat];
  const variant: AttentionVariant = { heads, kvHeads: heads, headDim, valueDim: value, capacity: 601, kv, scale: headDim ** -0.5, gated: false, rotaryDim: 0 };
  const input: LatentInput = { expandedStride: heads * (own + value), ownDim: own, sharedStride: 20 + shared, sharedColumn: 20 };
  const step = stepOf(count, position);
  const rows = (tokens: number, seed: number) => ({ expanded: normal(tokens * input.expandedStride, seed), shared_keys: normal(tokens * input.sharedStride, seed + 1) });
  const past = (): { keys: Float64Array; values: Float64Array } => {
    const { keys, values } = latentInputReference(variant, input, position, rows(position, 10));
    return { keys: withRows(variant, emptyCache(variant), keys, 0), values: withRows(variant, emptyCache(variant), values, 0) };
  };
  const unpack = (words: Uint32Array<ArrayBuffer>): Float64Array => unpackKvCache(kv.key, words, headDim);
  return {
    name: `latent T=${count} position=${position} ${heads}x${own}+${shared}:${value} ${kv.key}`,
    kernels: () => [attentionInputLatent(variant, input), ...kernelsOf(variant, count)],
    step,
    inputs: () => {
      const { keys, values } = past();
      return { query: normal(count * heads * headDim, 1), ...rows(count, 20), keys: packKvCache(kv.key, keys, headDim), values: packKvCache(kv.key, values, headDim) };
    },
    outputs: { out: { type: 'f32', length: count * heads * value }, partial: { type: 'f32', length: partialLength(variant, count) } },
    unpack: { keys: unpack, values: unpack },
    expected: ({ query, expanded, shared_keys }) => {
      const now = latentInputReference(variant, input, count, { expanded, shared_keys });
      const before = past();
      const keys = kept(variant, withRows(variant, before.keys, now.keys, position));
      const values = kept(variant, withRows(variant, before.values, now.values, position));
      return { keys, values, out: attentionReference(variant, step, { query, keys, values }) };
    },
    tolerance: LAYER_TOLERANCE[kv.key],
  };
}

export const latentAttentionCases: readonly KernelCase[] = [
  // Kimi Linear's and DeepSeek's heads, over more keys than one split.
  latentCase(2, { own: 128, shared: 64, value: 128 }, 1, 100),
  latentCase(2, { own: 128, shared: 64, value: 128 }, 33, 5),
  latentCase(3, { own: 16, shared: 8, value: 12 }, 1, 7),
  latentCase(1, { own: 136, shared: 4, value: 140 }, 40, 1),
  latentCase(3, { own: 12, shared: 0, value: 12 }, 7, 30),
  latentCase(3, { own: 32, shared: 8, value: 36 }, 7, 63, 'int8'),
  latentCase(2, { own: 16, shared: 8, value: 12 }, 7, 300),
];
