import type { FormatDescription } from '../dequant/weight-format.ts';

/** Of the routing and grouping kernels, which hold a number for each expert in workgroup memory. */
export const MAX_EXPERTS = 1024;

/** How a router's logits become the weights of the experts that a token takes, the k with the largest logits. */
export type Scoring = {
  readonly kind: 'softmax';
  /** Over the chosen experts alone, which is the softmax over all with the weights of the chosen scaled to add up to 1. Else over all. */
  readonly renormalised: boolean;
};

/**
 * What an expert makes of a row's gate and up. `silu`: silu(gate) · up (SwiGLU, Shazeer 2020, arXiv:2002.05202). `clamped`: with gate at
 * most `limit` and up within ± `limit`, gate · sigmoid(alpha · gate) · (up + 1), as gpt-oss has it
 * (https://github.com/huggingface/transformers/blob/main/src/transformers/models/gpt_oss/modeling_gpt_oss.py, `GptOssExperts`).
 */
export type ExpertActivation = { readonly kind: 'silu' } | { readonly kind: 'clamped'; readonly alpha: number; readonly limit: number };

/** Products with the experts of a weight [experts · N, K], or of a chunk of it that holds whole experts. */
export interface ExpertsVariant {
  readonly format: FormatDescription;
  /** K: columns of the weight and of x. */
  readonly inputs: number;
  /** N: rows of each expert. Where they are gate and up, these alternate. */
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
