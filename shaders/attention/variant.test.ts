import { describe, expect, test } from 'vitest';
import { PLAIN_KV_LAYOUTS } from '../kv/plain-kv-layouts.ts';
import { attentionDecode, attentionPartialLength } from './attention-decode.ts';
import { attentionInput } from './attention-input.ts';
import { attentionMerge } from './attention-merge.ts';
import { attentionPrefill } from './attention-prefill.ts';
import { AttentionVariantError } from './variant-error.ts';
import type { AttentionVariant } from './variant.ts';

const variant: AttentionVariant = { heads: 16, kvHeads: 8, headDim: 128, capacity: 4096, kv: PLAIN_KV_LAYOUTS.f16, scale: 128 ** -0.5, gated: false, projectionStride: 4096, rotaryDim: 128 };
const step = (count: number, position: number) => ({ count, position });

describe('attention variants', () => {
  const wrong: [keyof AttentionVariant, Partial<AttentionVariant>][] = [
    ['headDim', { headDim: 126 }],
    ['headDim', { headDim: 260 }],
    ['valueDim', { valueDim: 132 }],
    ['valueDim', { kvHeads: 1, headDim: 64, valueDim: 128 }],
    ['valueDim', { valueDim: 64, gated: true, projectionStride: 8192 }],
    ['projectionStride', { projectionStride: undefined, gated: true }],
    ['heads', { heads: 12 }],
    ['kvHeads', { kvHeads: 0 }],
    ['capacity', { capacity: 0.5 }],
    ['window', { window: 0 }],
    ['rotaryDim', { rotaryDim: 130 }],
    ['rotaryDim', { rotaryDim: 3 }],
    ['projectionStride', { projectionStride: 4092 }],
    ['projectionStride', { gated: true }],
    ['softCap', { softCap: 0 }],
    ['qkNorm', { gated: true, projectionStride: 8192, qkNorm: { eps: 1e-6, whole: true } }],
    ['scale', { scale: NaN }],
  ];
  test.each(wrong)('without a kernel: %s in %o', (field, change) => {
    for (const describeKernel of [attentionInput, attentionDecode, attentionMerge, attentionPrefill]) {
      expect(() => describeKernel({ ...variant, ...change })).toThrow(expect.toSatisfy((error: unknown) => error instanceof AttentionVariantError && error instanceof RangeError && error.field === field));
    }
  });

  test('decode takes a workgroup for each 64 keys and key head, and a merge only from the second split on', () => {
    expect(attentionDecode(variant).workgroups(step(1, 63))).toEqual([1, 8, 1]);
    expect(attentionMerge(variant).workgroups(step(1, 63))).toEqual([0, 0, 0]);
    expect(attentionDecode(variant).workgroups(step(1, 64))).toEqual([2, 8, 1]);
    expect(attentionMerge(variant).workgroups(step(1, 64))).toEqual([4, 8, 1]);
  });

  test('a window bounds the splits and what they leave behind', () => {
    const windowed = { ...variant, window: 100 };
    expect(attentionDecode(windowed).workgroups(step(1, 4000))).toEqual([2, 8, 1]);
    expect(attentionPartialLength(windowed)).toBe(8 * 2 * 130 * 4);
    expect(attentionPartialLength(variant)).toBe(8 * 64 * 130 * 4);
  });

  test('labels tell variants apart', () => {
    const labels = [variant, { ...variant, window: 100 }, { ...variant, kv: PLAIN_KV_LAYOUTS.f32 }, { ...variant, capacity: 100 }, { ...variant, scale: 1 }].map((each) => attentionPrefill(each).label);
    expect(new Set(labels).size).toBe(labels.length);
  });
});
