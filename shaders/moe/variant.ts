import type { FormatDescription } from '../dequant/weight-format.ts';

/** Of the routing and grouping kernels, which hold a number for each expert in workgroup memory. */
export const MAX_EXPERTS = 1024;

/** Of the sum that sigmoid scores are divided by, as in DeepSeek-V3's own code. */
export const DEFAULT_EPSILON = 1e-20;

/**
 * How a router's logits become the weights of the experts that a token takes, the k with the highest scores. `softmax`: scores are the
 * softmax over all experts. `sigmoid`: each expert's own sigmoid (DeepSeek-V3, arXiv:2412.19437, section 2.1.2). `Bias` stands for where
 * a bias is.
 */
export type Scoring<Bias = unknown> = SoftmaxScoring | SigmoidScoring<Bias>;

interface SharedScoring {
  /** Weights are scaled to add up to 1 (the same as a softmax over the chosen experts alone). Else they are the scores. */
  readonly renormalised: boolean;
  /** Of the weights, last; default: 1. */
  readonly scale?: number;
}

interface SoftmaxScoring extends SharedScoring {
  readonly kind: 'softmax';
}

interface SigmoidScoring<Bias> extends SharedScoring {
  readonly kind: 'sigmoid';
  /** [experts], added to the scores for the choice only: weights come from the scores alone. */
  readonly bias?: Bias | undefined;
  /** Only experts of the best groups can be chosen; a group is a run of experts. Default: all. */
  readonly groups?: ExpertGroups | undefined;
  /** Added to the sum that weights are divided by; default: `DEFAULT_EPSILON`. */
  readonly epsilon?: number;
}

/** Node-limited routing (DeepSeek-V3, section 2.1.2). */
export interface ExpertGroups {
  readonly count: number;
  /** Groups that a token may take experts of. */
  readonly chosen: number;
  /** A group's score: the highest of its experts, or the sum of the two highest, biases included. */
  readonly scoring: 'max' | 'top2-sum';
}

/**
 * What an expert makes of a row's gate and up. `silu`: silu(gate) · up (SwiGLU, Shazeer 2020, arXiv:2002.05202), `gelu-tanh` likewise.
 * `clamped`: with gate at most `limit` and up within ± `limit`, gate · sigmoid(alpha · gate) · (up + 1), as gpt-oss has it
 * (https://github.com/huggingface/transformers/blob/main/src/transformers/models/gpt_oss/modeling_gpt_oss.py, `GptOssExperts`).
 * `relu2`: there is no gate, and up becomes max(up, 0)² (So et al. 2021, arXiv:2109.08668).
 */
export type ExpertActivation = { readonly kind: 'silu' } | { readonly kind: 'gelu-tanh' } | { readonly kind: 'relu2' } | { readonly kind: 'clamped'; readonly alpha: number; readonly limit: number };

/** Rows of an expert's first matrix for each of its inner elements: a gate and an up, or up alone. */
export const rowsPerElement = ({ kind }: ExpertActivation): 1 | 2 => (kind === 'relu2' ? 1 : 2);

/** Products with the experts of a weight [experts · N, K], or of a chunk of it that holds whole experts. */
export interface ExpertsVariant {
  readonly format: FormatDescription;
  /** K: columns of the weight and of x. */
  readonly inputs: number;
  /** N: rows of each expert. Where they are gate and up, these alternate, and N is even. */
  readonly outputs: number;
  /** Experts of the chunk, from `firstExpert` on; choices of others are left to other chunks. */
  readonly experts: number;
  readonly firstExpert: number;
  /** k: experts that a token takes. */
  readonly topK: number;
  /** Of all experts, [all experts, N], whichever are in the chunk. */
  readonly bias: boolean;
}

/** The part of a label that any of these kernels has. */
export const expertsLabel = ({ format, inputs, outputs, topK, bias, firstExpert }: ExpertsVariant): string =>
  `${format.key}/${topK}x${inputs}x${outputs}${bias ? '/bias' : ''}${firstExpert > 0 ? `/from${firstExpert}` : ''}`;
