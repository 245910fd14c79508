import { bool, f32, u32, type Binding, type Constant } from '../kernel.ts';
import type { KvLayout } from '../kv/kv-format.ts';
import gateNone from './gate-none.wgsl?raw';
import gateSigmoid from './gate-sigmoid.wgsl?raw';
import normalisePlain from './normalise-plain.wgsl?raw';
import normaliseSink from './normalise-sink.wgsl?raw';
import scoreSource from './score.wgsl?raw';
import valueHeadSource from './value-head.wgsl?raw';
import { AttentionVariantError } from './variant-error.ts';

/** One layer's causal softmax attention. All attention kernels of the layer are described by the same variant. */
export interface AttentionVariant {
  readonly heads: number;
  /** Heads of keys and values; divides `heads` (Ainslie et al. 2023, arXiv:2305.13245). */
  readonly kvHeads: number;
  /** A multiple of 4, at most 256. */
  readonly headDim: number;
  /**
   * Elements of a value, where they are fewer: a cached one is filled up with zeros, an output is as short. A multiple of 4.
   * Or twice headDim: the values of heads 2j and 2j + 1 side by side, which the keys of both weigh (differential attention).
   */
  readonly valueDim?: number | undefined;
  /** Positions that the cache holds. */
  readonly capacity: number;
  readonly kv: KvLayout;
  /** Factor of q·k before the softmax, usually headDim^-0.5. */
  readonly scale: number;
  /** Sliding window: the query at absolute position p sees the keys p − window + 1 … p. */
  readonly window?: number | undefined;
  /** The projection holds [q | gate] per head and the output is multiplied by sigmoid(gate) (Qwen3-Next, Qwen3.5). */
  readonly gated: boolean;
  /** Row stride of the fused projection [T, projectionStride], columns [q | k | v]; a multiple of 4. Absent: there is none (`attentionInputLatent`). */
  readonly projectionStride?: number | undefined;
  /** RMSNorm of q and k before rotary: of each head, or `whole`, of all heads together, which has no gates. */
  readonly qkNorm?: { readonly eps: number; readonly whole?: boolean } | undefined;
  /** Leading elements of a head that rotary turns, in pairs (i, i + rotaryDim/2); 0 for none (NoPE). */
  readonly rotaryDim: number;
  /** A learnt logit per head that takes part in the softmax without a value (gpt-oss). */
  readonly sinks?: boolean | undefined;
  /** Scores become softCap · tanh(score / softCap) (Gemma 2). */
  readonly softCap?: number | undefined;
}

const MAX_HEAD_DIM = 256;

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value > 0;

/** Throws `AttentionVariantError` where no kernel can serve the variant. */
export function checkVariant(variant: AttentionVariant): void {
  const { heads, kvHeads, headDim, valueDim = headDim, capacity, window, scale, gated, projectionStride, qkNorm, rotaryDim, softCap } = variant;
  const demand = (holds: boolean, field: keyof AttentionVariant, expected: string): void => {
    if (!holds) throw new AttentionVariantError(field, `must be ${expected}, got ${String(variant[field])}`);
  };
  demand(isCount(kvHeads), 'kvHeads', 'a positive integer');
  demand(isCount(heads) && heads % kvHeads === 0, 'heads', `a positive multiple of kvHeads (${kvHeads})`);
  demand(isCount(headDim) && headDim % 4 === 0 && headDim <= MAX_HEAD_DIM, 'headDim', `a multiple of 4 up to ${MAX_HEAD_DIM}`);
  const paired = valueDim === 2 * headDim && kvHeads % 2 === 0 && valueDim <= MAX_HEAD_DIM;
  demand(isCount(valueDim) && valueDim % 4 === 0 && (gated ? valueDim === headDim : valueDim <= headDim || paired), 'valueDim', `a multiple of 4 up to headDim (${headDim}), with gates as many, or of pairs of heads twice as many`);
  demand(isCount(capacity), 'capacity', 'a positive integer');
  demand(Number.isFinite(scale), 'scale', 'finite');
  demand(window === undefined || isCount(window), 'window', 'a positive integer');
  demand(softCap === undefined || softCap > 0, 'softCap', 'positive');
  demand(Number.isSafeInteger(rotaryDim) && rotaryDim >= 0 && rotaryDim % 2 === 0 && rotaryDim <= headDim, 'rotaryDim', `even and at most headDim (${headDim})`);
  demand(!(gated && qkNorm?.whole), 'qkNorm', 'of each head where there are gates between the heads of q');
  const width = ((gated ? 2 : 1) * heads + 2 * kvHeads) * headDim;
  if (projectionStride === undefined) demand(!gated, 'projectionStride', `known where there are gates`);
  else demand(isCount(projectionStride) && projectionStride % 4 === 0 && projectionStride >= width, 'projectionStride', `a multiple of 4 and at least ${width}`);
}

/** Absolute positions that a query can see. */
export const reach = ({ window, capacity }: AttentionVariant): number => Math.min(window ?? capacity, capacity);

/** Readable part of the labels: everything the attention kernels' code depends on. */
export function variantKey(variant: AttentionVariant): string {
  const { heads, kvHeads, headDim, valueDim = headDim, capacity, kv, scale, window, gated, projectionStride, sinks, softCap } = variant;
  const flags = [
    valueDim !== headDim && `values${valueDim}`,
    window !== undefined && `window${window}`,
    gated && `gated${projectionStride}`,
    sinks && 'sinks',
    softCap !== undefined && `cap${softCap}`,
  ].filter(Boolean);
  return [`${heads}:${kvHeads}x${headDim}`, kv.key, `capacity${capacity}`, `scale${Math.fround(scale)}`, ...flags].join('/');
}

export interface AttentionParts {
  readonly constants: Readonly<Record<string, Constant>>;
  readonly aliases: Readonly<Record<string, string>>;
  readonly bindings: readonly Binding[];
}

/** Sizes that all attention kernels know, and what the cache's words are. */
export function sizes(variant: AttentionVariant): Pick<AttentionParts, 'constants' | 'aliases'> {
  checkVariant(variant);
  const { heads, kvHeads, headDim, valueDim = headDim, capacity, kv, gated, projectionStride = 0 } = variant;
  return {
    constants: {
      ...kv.constants,
      HEADS: u32(heads),
      KV_HEADS: u32(kvHeads),
      GROUP: u32(heads / kvHeads),
      HEAD_DIM: u32(headDim),
      ROW4: u32(headDim / 4),
      VALUE_DIM: u32(valueDim),
      VALUE_ROW4: u32(valueDim / 4),
      VALUE_HEADS: u32(Math.ceil(valueDim / headDim)),
      CAPACITY: u32(capacity),
      REACH: u32(reach(variant)),
      GATED: bool(gated),
      PROJECTION_STRIDE: u32(projectionStride),
    },
    aliases: { KvWord: kv.word },
  };
}

/**
 * What the kernels that write `out` add to their own `bindings`: scores, sinks and gate.
 * `sinks` f32 [heads] and `projection` f32 [T, projectionStride] follow the kernel's own bindings where the variant has them.
 */
export function attentionParts(variant: AttentionVariant, own: readonly Binding[]): AttentionParts & { readonly snippets: readonly string[] } {
  const { constants, aliases } = sizes(variant);
  const optional: Binding[] = [];
  if (variant.sinks) optional.push({ name: 'sinks', type: 'read' });
  if (variant.gated) optional.push({ name: 'projection', type: 'read' });
  const place = (name: string): Constant => u32(own.length + Math.max(0, optional.findIndex((binding) => binding.name === name)));
  return {
    constants: { ...constants, SCALE: f32(variant.scale), SOFT_CAP: f32(variant.softCap ?? 0), SINKS_BINDING: place('sinks'), PROJECTION_BINDING: place('projection') },
    aliases,
    bindings: [...own, ...optional],
    snippets: [scoreSource, valueHeadSource, variant.sinks ? normaliseSink : normalisePlain, variant.gated ? gateSigmoid : gateNone],
  };
}
