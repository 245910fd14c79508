import { MAX_EXPERTS, type ExpertActivation, type Scoring } from '../../shaders/moe/variant.ts';
import type { Ops, Tensor } from '../../engine/ops/vocabulary.ts';
import type { ConfigReader } from '../config/config-reader.ts';
import { expertMatrix, stackedExperts } from '../weights/expert-specs.ts';
import { interleaved, matrix, vector, type Loaded, type MatrixSpec, type VectorSpec } from '../weights/spec.ts';

interface ExpertsConfig {
  readonly count: number;
  /** Experts that each token takes. */
  readonly perToken: number;
  /** Of one expert. */
  readonly intermediateSize: number;
  readonly scoring: Scoring;
  readonly activation: ExpertActivation;
  /**
   * How a checkpoint stores them. `separate`: each expert's projections by themselves, without biases (Qwen). `fused`: all in tensors
   * [experts, inputs, outputs] with gate and up alternating, and biases on everything (gpt-oss).
   */
  readonly layout: 'separate' | 'fused';
}

interface ExpertsSpecs {
  readonly router: MatrixSpec;
  readonly routerBias: VectorSpec | undefined;
  readonly gateUp: MatrixSpec;
  readonly gateUpBias: VectorSpec | undefined;
  readonly down: MatrixSpec;
  readonly downBias: VectorSpec | undefined;
}

/** A mixture of experts in place of an MLP. Models without it know only that there is such a thing. */
export interface Experts {
  /** Weights of the experts and their router under `prefix`. */
  readonly weights: (prefix: string, hiddenSize: number) => ExpertsSpecs;
  /** residual + the weighted sum of what each token's experts make of `normed`. */
  readonly forward: (ops: Ops, normed: Tensor, residual: Tensor, weights: Loaded<ExpertsSpecs>) => Tensor;
}

export const experts = (c: ExpertsConfig): Experts => ({
  weights: (prefix, hiddenSize) => (c.layout === 'fused' ? fused(prefix, hiddenSize, c) : separate(prefix, hiddenSize, c)),
  forward: (ops, normed, residual, weights) => forward(ops, normed, residual, weights, c),
});

/** How many experts there are, from `key`, and how many of them a token takes, from `num_experts_per_tok`. */
export function expertCounts(c: ConfigReader, key: string): Pick<ExpertsConfig, 'count' | 'perToken'> {
  const count = c.integer(key, { min: 1, max: MAX_EXPERTS });
  return { count, perToken: c.integer('num_experts_per_tok', { min: 1, max: count }) };
}

function fused(prefix: string, hiddenSize: number, { count, intermediateSize }: ExpertsConfig): ExpertsSpecs {
  const bias = (name: string, rows: number): VectorSpec => vector(`${prefix}.experts.${name}_bias`, count * rows, { shape: [count, rows] });
  return {
    router: matrix(`${prefix}.router.weight`, count, hiddenSize, { role: 'dense' }),
    routerBias: vector(`${prefix}.router.bias`, count),
    gateUp: expertMatrix(`${prefix}.experts.gate_up_proj`, count, 2 * intermediateSize, hiddenSize, { transposed: true }),
    gateUpBias: bias('gate_up_proj', 2 * intermediateSize),
    down: expertMatrix(`${prefix}.experts.down_proj`, count, hiddenSize, intermediateSize, { transposed: true }),
    downBias: bias('down_proj', hiddenSize),
  };
}

function separate(prefix: string, hiddenSize: number, { count, intermediateSize }: ExpertsConfig): ExpertsSpecs {
  const each = (spec: (expert: string) => MatrixSpec): MatrixSpec[] => Array.from({ length: count }, (_, i) => spec(`${prefix}.experts.${i}`));
  return {
    router: matrix(`${prefix}.gate.weight`, count, hiddenSize, { role: 'dense' }),
    routerBias: undefined,
    gateUp: stackedExperts(
      `${prefix}.experts.gate_up_proj`,
      each((expert) => interleaved(expert, `${expert}.gate_proj.weight`, `${expert}.up_proj.weight`, intermediateSize, hiddenSize)),
    ),
    gateUpBias: undefined,
    down: stackedExperts(
      `${prefix}.experts.down_proj`,
      each((expert) => matrix(`${expert}.down_proj.weight`, hiddenSize, intermediateSize)),
    ),
    downBias: undefined,
  };
}

function forward(ops: Ops, normed: Tensor, residual: Tensor, w: Loaded<ExpertsSpecs>, { perToken, scoring, activation }: ExpertsConfig): Tensor {
  return ops.moe(normed, {
    topK: perToken,
    router: w.router,
    ...(w.routerBias && { routerBias: w.routerBias }),
    scoring,
    gateUp: w.gateUp,
    ...(w.gateUpBias && { gateUpBias: w.gateUpBias }),
    down: w.down,
    ...(w.downBias && { downBias: w.downBias }),
    activation,
    residual,
  });
}
