import type { Ops, Tensor } from '../../engine/ops/vocabulary.ts';
import type { Vector } from '../../engine/ops/weight.ts';
import { concatenated, matrix, stacked, vector, type Loaded } from '../weights/spec.ts';
import { normScaling, type Scaling } from './scaling.ts';

/** Softmax attention as the Llama family has it. */
export interface AttentionConfig {
  readonly hiddenSize: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly eps: number;
  /** Biases on q, k and v, and on the output. */
  readonly projectionBias: boolean;
  readonly outputBias: boolean;
  /** RMSNorm of each head of q and k, or of all heads of each together. */
  readonly qkNorm: boolean | 'whole';
  /** q_proj is twice as wide: per head [q | gate]. */
  readonly gated: boolean;
  /** A learnt logit for each head (gpt-oss). */
  readonly sinks?: boolean;
  readonly rotaryDim: number;
  /** Of the scores; default: headDim^−1/2. */
  readonly scale?: number;
  /** Factor of what the layer adds to the residual stream; default: 1. */
  readonly outputScale?: number;
  /** What the checkpoint calls the output projection and the norms of q and k; default: `o_proj`, `q_norm` and `k_norm`. */
  readonly names?: { readonly output: string; readonly qNorm: string; readonly kNorm: string };
}

const NAMES = { output: 'o_proj', qNorm: 'q_norm', kNorm: 'k_norm' } as const;

/** Weights of `self_attn` under `prefix`; `normMap` adjusts norm weights, e.g. 1 + w. */
export function attentionWeights(prefix: string, c: AttentionConfig, normMap?: (value: number) => number) {
  const { output, qNorm, kNorm } = c.names ?? NAMES;
  const width = c.heads * c.headDim;
  const kvWidth = c.kvHeads * c.headDim;
  const norm = (name: string, heads: number) => vector(`${prefix}.${name}.weight`, c.qkNorm === 'whole' ? heads * c.headDim : c.headDim, normMap && { map: normMap });
  const bias = (name: string, length: number) => vector(`${prefix}.${name}.bias`, length);
  const queryWidth = c.gated ? 2 * width : width;
  return {
    projection: stacked(`${prefix}.qkv_proj`, [[`${prefix}.q_proj.weight`, queryWidth], [`${prefix}.k_proj.weight`, kvWidth], [`${prefix}.v_proj.weight`, kvWidth]], c.hiddenSize),
    projectionBias: c.projectionBias ? concatenated(`${prefix}.qkv_proj.bias`, [bias('q_proj', queryWidth), bias('k_proj', kvWidth), bias('v_proj', kvWidth)]) : undefined,
    qkNorm: c.qkNorm ? { q: norm(qNorm, c.heads), k: norm(kNorm, c.kvHeads) } : undefined,
    sinks: c.sinks ? vector(`${prefix}.sinks`, c.heads) : undefined,
    output: matrix(`${prefix}.${output}.weight`, c.hiddenSize, width),
    outputBias: c.outputBias ? bias(output, c.hiddenSize) : undefined,
  };
}

/** q, k and v after their norm; o after v, whose heads several query heads share. A gate on what attention reads changes nothing. */
export function attentionScalings(prefix: string, norm: string, c: AttentionConfig, options: { readonly plusOne?: boolean } = {}): Scaling[] {
  const sharing = c.heads / c.kvHeads;
  return [
    normScaling(norm, ['q_proj', 'k_proj', 'v_proj'].map((name) => `${prefix}.${name}.weight`), c.hiddenSize, options),
    {
      consumers: [`${prefix}.${(c.names ?? NAMES).output}.weight`],
      producers: [{ name: `${prefix}.v_proj.weight` }, ...(c.projectionBias ? [{ name: `${prefix}.v_proj.bias` }] : [])],
      channels: c.kvHeads * c.headDim,
      channelOf: (input) => Math.floor(input / (sharing * c.headDim)) * c.headDim + (input % c.headDim),
    },
  ];
}

export interface AttentionPosition {
  /** Absent: no rotation. */
  readonly rotaryTable?: Vector;
  readonly window?: number;
}

/** residual + outputScale · o_proj(attention(normed)), or without the residual. */
export function attention(ops: Ops, normed: Tensor, residual: Tensor | undefined, w: Loaded<ReturnType<typeof attentionWeights>>, c: AttentionConfig, { rotaryTable, window }: AttentionPosition): Tensor {
  const projection = ops.linear(normed, w.projection, w.projectionBias ? { bias: w.projectionBias } : {});
  const mixed = ops.softmaxAttention(projection, {
    state: { kind: 'kv', kvHeads: c.kvHeads, headDim: c.headDim },
    heads: c.heads,
    scale: c.scale ?? c.headDim ** -0.5,
    gated: c.gated,
    ...(w.qkNorm && { qkNorm: { ...w.qkNorm, eps: c.eps, ...(c.qkNorm === 'whole' && { whole: true }) } }),
    ...(rotaryTable && { rotary: { table: rotaryTable, rotaryDim: c.rotaryDim } }),
    ...(window !== undefined && { window }),
    ...(w.sinks && { sinks: w.sinks }),
  });
  return ops.linear(mixed, w.output, {
    ...(residual && { residual }),
    ...(w.outputBias && { bias: w.outputBias }),
    ...(c.outputScale !== undefined && { scale: c.outputScale }),
  });
}
