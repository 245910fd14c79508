import type { FormatDescription } from '../dequant/weight-format.ts';

/** `gelu-tanh` is GPT-2's `gelu_new`, `gelu` the one with erf (Hendrycks & Gimpel 2016, arXiv:1606.08415); `relu2` is max(x, 0)² (So et al. 2021, arXiv:2109.08668). */
export type Activation = 'none' | 'silu' | 'sigmoid' | 'gelu-tanh' | 'gelu' | 'relu2';

/** out = activation(x · weightᵀ + bias) · scale, or out += …, then the soft cap; weight is [outputs, inputs]. */
export interface LinearVariant {
  readonly format: FormatDescription;
  /** K: columns of the weight and of x. */
  readonly inputs: number;
  /** N: rows in this chunk of the weight. Even where gated. */
  readonly outputs: number;
  /** Column of out that the chunk's first output goes to: a big matrix is split by rows over several bindings. */
  readonly rowOffset: number;
  /** Elements of a row of out. */
  readonly outputStride: number;
  readonly bias: boolean;
  /** Row r of the weight has bias `biasStart` + r · `biasStride`; default 0 and 1. */
  readonly biasStart?: number;
  readonly biasStride?: number;
  /** Adds to what out holds (the residual) instead of overwriting it. */
  readonly accumulate: boolean;
  /** Each token's outputs are multiplied by the sigmoid of column 0 of binding `output_gate`, f32 [T, 4], before accumulating. */
  readonly outputGate?: boolean;
  /** Multiplies what out holds: the second half of a gated MLP whose gate and up are stored apart. */
  readonly multiply?: boolean;
  /** Input k of the weight is column `order[k]` of x (binding `order`): weights whose columns were sorted, as GPTQ's act-order does. */
  readonly ordered?: boolean;
  /** Applied before accumulating; `none` where gated. */
  readonly activation: Activation;
  /** Default: 1. */
  readonly scale?: number | undefined;
  /** Bounds what out holds in the end: cap · tanh(out / cap), as Gemma 2 bounds its logits (arXiv:2408.00118, section 2). */
  readonly softCap?: number | undefined;
  /** Rows 2i and 2i + 1 of the weight are gate and up; output i of N/2 is activation(gate) · up (GLU variants, Shazeer 2020, arXiv:2002.05202). */
  readonly gated?: 'silu' | 'gelu-tanh';
}

export interface LinearVectorVariant extends LinearVariant {
  /** RMSNorm of x in front, with the weights of binding `norm_weight`. */
  readonly norm?: { readonly eps: number };
}
