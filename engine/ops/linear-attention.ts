import type { ConvState, RecurrentState } from './state.ts';
import type { Tensor, TensorColumns } from './tensor.ts';
import type { Vector } from './weight.ts';

/**
 * Per head, with a state S [keyDim, valueDim]: S ← diag(e^g) S + k̃ vᵀ and o = Sᵀ q, where the gating says what g and k̃ are and whether S
 * forgets what it holds under k first. The key heads are shared evenly by the state's heads: those of one are neighbours.
 */
export interface LinearAttention<G = Gating> {
  readonly state: RecurrentState;
  /** Heads of q and k. */
  readonly keyHeads: number;
  /** First columns of q, k and v; default: [q | k | v] and nothing else. */
  readonly columns?: { readonly q: number; readonly k: number; readonly v: number };
  /** q and k of each head are divided by their length. */
  readonly normalised: boolean;
  /** q is multiplied by it. */
  readonly scale: number;
  readonly gating: G;
}

export type Gating = HeadGating | ChannelGating;

/** Gates whose decay g is one number a head. */
export type HeadGating =
  /**
   * Gated delta rule (arXiv:2412.06464): g = −exp(A_log) · softplus(a + dt_bias), k̃ = k, and v becomes β (v − what S holds under k),
   * β = betaScale · sigmoid(b). A scale of 2 allows negative eigenvalues (arXiv:2411.12537).
   */
  | {
      readonly kind: 'delta';
      readonly gates: Tensor;
      /** First columns of b and a in `gates`. */
      readonly betaColumn: number;
      readonly decayColumn: number;
      /** [2, heads]: −exp(A_log), then dt_bias; or of fewer heads, again and again. */
      readonly parameters: Vector;
      readonly betaScale: 1 | 2;
    }
  /** Delta rule (arXiv:2406.06484) without decay: g = 0, k̃ = k, and v becomes β (v − what S holds under k), β = betaScale · sigmoid(b), or betaScale where there is no b. */
  | {
      readonly kind: 'delta-rule';
      /** b, one a head. */
      readonly beta?: TensorColumns;
      readonly betaScale: 1 | 2;
    }
  /** Mamba-2 (arXiv:2405.21060): δ = softplus(dt + dt_bias) within `limits`, g = −exp(A_log) · δ, k̃ = δ k, and D v is added to o. q, k and v are C, B and x. */
  | {
      readonly kind: 'mamba2';
      readonly gates: Tensor;
      /** First column of dt in `gates`. */
      readonly column: number;
      /** [3, heads]: −exp(A_log), dt_bias, D. */
      readonly parameters: Vector;
      readonly limits: readonly [least: number, most: number];
    }
  /** One gate for all heads (arXiv:2507.09025): g = logsigmoid(x), k̃ = k. */
  | { readonly kind: 'sigmoid'; readonly gate: TensorColumns }
  /** RetNet (arXiv:2307.08621), Lightning Attention (arXiv:2401.04658): g is the head's own, k̃ = k. */
  | {
      readonly kind: 'constant';
      /** [heads]: g ≤ 0. */
      readonly decays: Vector;
    };

/**
 * Gates whose decay g is one number a channel of the keys. `decay` holds it raw for the key heads, [keyHeads, keyDim]. Where `parameters` or
 * `lowerBounds` have a number for each channel too, keyDim is a multiple of 4.
 */
export type ChannelGating =
  /**
   * Kimi Delta Attention (arXiv:2510.26692): g = −exp(A_log) · softplus(f + dt_bias), or `lowerBound` · sigmoid(exp(A_log) · (f + dt_bias)), v becomes β (v − what diag(e^g) S holds under k), β = betaScale · sigmoid(b).
   */
  | {
      readonly kind: 'kda';
      readonly decay: TensorColumns;
      /** b, one a value head. */
      readonly beta: TensorColumns;
      /** [keyHeads] of −exp(A_log), then dt_bias [keyHeads, keyDim]. */
      readonly parameters: Vector;
      readonly betaScale: 1 | 2;
      /** Of g; absent: none. */
      readonly lowerBound?: number;
    }
  /** Gated linear attention (arXiv:2312.06635): g = logsigmoid(x) / normalizer, at least `smallest` where that is given, k̃ = k. */
  | { readonly kind: 'gla'; readonly decay: TensorColumns; readonly normalizer: number; readonly smallest?: number }
  /** HGRN-2 (arXiv:2404.07904): e^g = l + (1 − l) sigmoid(f) and k̃ = 1 − e^g; no k is read. */
  | {
      readonly kind: 'hgrn2';
      readonly decay: TensorColumns;
      /** l of every layer, [layers, keyHeads, keyDim]. */
      readonly lowerBounds: Vector;
      /** Which of them is this one; default: the first. */
      readonly layer?: number;
    }
  /** Gated slot attention (arXiv:2409.07146), its second pass: g = logsigmoid(x) / normalizer and k̃ = 1 − e^g; no k is read, q are the weights of slots. */
  | { readonly kind: 'slots'; readonly decay: TensorColumns; readonly normalizer: number }
  /**
   * RWKV-7 (arXiv:2503.14456): g = −e^−½ sigmoid(w), a = sigmoid(rate), κ = k ⊙ k_k over its length; −κ and κ ⊙ a are p and b of
   * S ← diag(e^g) S + b pᵀS + k̃ vᵀ, k̃ = k ⊙ (1 + (a − 1) ⊙ k_a).
   */
  | {
      readonly kind: 'rwkv7';
      readonly decay: TensorColumns;
      /** [keyHeads, keyDim] */
      readonly rate: TensorColumns;
      /** [2, keyHeads, keyDim]: k_k, k_a; more may follow. */
      readonly parameters: Vector;
      /** Added to the sum of squares that κ is divided by the root of; with 0 the length counts as at least 1e-12. */
      readonly eps: number;
    }
  /** g ≤ 0 as it is, or one a head ([keyHeads] from any column on), and p and b of S ← diag(e^g) S + b pᵀS + k vᵀ, each [keyHeads, keyDim]. */
  | { readonly kind: 'given'; readonly decay: TensorColumns; readonly perChannel: boolean; readonly p: TensorColumns; readonly b: TensorColumns };

/** The first pass of gated slot attention (arXiv:2409.07146): S ← S diag(e^g) + k (1 − e^g)ᵀ, g = logsigmoid(x) / normalizer, and the scores Sᵀ q. */
export interface SlotScores {
  /** Of a head: slots are its valueDim. keyDim is a multiple of 4. */
  readonly state: RecurrentState;
  /** q is multiplied by it. */
  readonly scale: number;
  /** x, [heads, slots] */
  readonly decay: TensorColumns;
  readonly normalizer: number;
}

/** What memories are given, of which each knows its own tokens alone (arXiv:2502.13685). */
export interface MemoryConv {
  /** `channels`: q, k and v of all memories. */
  readonly state: ConvState;
  /** [2 · keys + values, kernelSize]: of q, k and v; all memories share it. */
  readonly weight: Vector;
  /** Of one memory. */
  readonly heads: number;
  /** All of its heads' elements of a key and of a value. */
  readonly keys: number;
  readonly values: number;
  /** Whether x has k, v, b and a of each memory, rather than once for all. */
  readonly separate: boolean;
}
