import { describe, expect, test } from 'vitest';
import { PLAIN_KV_LAYOUTS } from '../kv/plain-kv-layouts.ts';
import { attentionDecode, attentionPartialLength } from './attention-decode.ts';
import { attentionInput } from './attention-input.ts';
import { attentionMerge, attentionPrefillMerge } from './attention-merge.ts';
import { attentionPrefill, prefillPartialLength } from './attention-prefill.ts';
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
    for (const describeKernel of [attentionInput, attentionDecode, attentionMerge, attentionPrefill, attentionPrefillMerge]) {
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

  test('a prompt\'s keys are split where a step has few tokens and sees many, into at most 16 workgroups a head', () => {
    const { heads } = variant;
    const sizes = (count: number, position: number) => [attentionPrefill(variant).workgroups(step(count, position)), attentionPrefillMerge(variant).workgroups(step(count, position))];
    expect(sizes(32, 96)).toEqual([[1, heads, 1], [0, 0, 0]]);
    expect(sizes(32, 97)).toEqual([[1, heads, 2], [4, heads * 8, 1]]);
    expect(sizes(32, 4000)).toEqual([[1, heads, 16], [4, heads * 8, 1]]);
    expect(sizes(33, 4000)).toEqual([[2, heads, 8], [4, heads * 16, 1]]);
    expect(sizes(512, 2000)).toEqual([[16, heads, 1], [0, 0, 0]]);
    const windowed = { ...variant, window: 100 };
    expect(attentionPrefill(windowed).workgroups(step(29, 4000))).toEqual([1, heads, 1]);
    expect(attentionPrefill(windowed).workgroups(step(30, 4000))).toEqual([1, heads, 2]);
    // Every step fits.
    for (const [count, position] of [[2, 4000], [33, 3000], [250, 2000], [256, 2000]]) {
      const [[, , splits]] = sizes(count, position);
      expect(Math.ceil(count / 32) * 8 * heads * splits * (variant.headDim + 2) * 4).toBeLessThanOrEqual(prefillPartialLength(variant));
    }
  });

  test('labels tell variants apart', () => {
    const labels = [variant, { ...variant, window: 100 }, { ...variant, kv: PLAIN_KV_LAYOUTS.f32 }, { ...variant, capacity: 100 }, { ...variant, scale: 1 }].map((each) => attentionPrefill(each).label);
    expect(new Set(labels).size).toBe(labels.length);
  });
});
