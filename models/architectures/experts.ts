import { MAX_EXPERTS, type ExpertActivation, type Scoring } from '../../shaders/moe/variant.ts';
import type { Ops, Tensor } from '../../engine/ops/vocabulary.ts';
import type { ConfigReader } from '../config/config-reader.ts';
import { expertMatrix, stackedExperts } from '../weights/expert-specs.ts';
import { concatenated, interleaved, interleavedVector, matrix, vector, type Loaded, type MatrixSpec, type VectorSpec } from '../weights/spec.ts';

interface ExpertsConfig {
  readonly count: number;
  /** Experts that each token takes. */
  readonly perToken: number;
  /** Of one expert. */
  readonly intermediateSize: number;
  readonly scoring: Scoring<never>;
  readonly activation: ExpertActivation;
  /** What the checkpoint calls the router. */
  readonly router: 'gate' | 'router';
  /** On the router and on all projections. */
  readonly bias: boolean;
  /**
   * How a checkpoint stores them. `separate`: each expert's projections by themselves (Qwen). `fused`: all in tensors
   * [experts, inputs, outputs] with gate and up alternating (gpt-oss).
   */
  readonly layout: 'separate' | 'fused';
}

interface ProjectionSpecs {
  readonly gateUp: MatrixSpec;
  readonly gateUpBias: VectorSpec | undefined;
  readonly down: MatrixSpec;
  readonly downBias: VectorSpec | undefined;
}

interface ExpertsSpecs extends ProjectionSpecs {
  readonly router: MatrixSpec;
  readonly routerBias: VectorSpec | undefined;
}

/** A mixture of experts in place of an MLP. Models without it know only that there is such a thing. */
export interface Experts {
  /** Weights of the experts and their router under `prefix`. */
  readonly weights: (prefix: string, hiddenSize: number) => ExpertsSpecs;
  /** residual + the weighted sum of what each token's experts make of `normed`. */
  readonly forward: (ops: Ops, normed: Tensor, residual: Tensor, weights: Loaded<ExpertsSpecs>) => Tensor;
}

export const experts = (c: ExpertsConfig): Experts => ({
  weights: (prefix, hiddenSize) => ({
    router: matrix(`${prefix}.${c.router}.weight`, c.count, hiddenSize, { role: 'dense' }),
    routerBias: c.bias ? vector(`${prefix}.${c.router}.bias`, c.count) : undefined,
    ...(c.layout === 'fused' ? fused(`${prefix}.experts`, hiddenSize, c) : separate(`${prefix}.experts`, hiddenSize, c)),
  }),
  forward: (ops, normed, residual, weights) => forward(ops, normed, residual, weights, c),
});

/** How many experts there are, from `key`, and how many of them a token takes, from `num_experts_per_tok`. */
export function expertCounts(c: ConfigReader, key: string): Pick<ExpertsConfig, 'count' | 'perToken'> {
  const count = c.integer(key, { min: 1, max: MAX_EXPERTS });
  return { count, perToken: c.integer('num_experts_per_tok', { min: 1, max: count }) };
}

function fused(prefix: string, hiddenSize: number, { count, intermediateSize, bias: biased }: ExpertsConfig): ProjectionSpecs {
  const bias = (name: string, rows: number): VectorSpec | undefined => (biased ? vector(`${prefix}.${name}_bias`, count * rows, { shape: [count, rows] }) : undefined);
  return {
    gateUp: expertMatrix(`${prefix}.gate_up_proj`, count, 2 * intermediateSize, hiddenSize, { transposed: true }),
    gateUpBias: bias('gate_up_proj', 2 * intermediateSize),
    down: expertMatrix(`${prefix}.down_proj`, count, hiddenSize, intermediateSize, { transposed: true }),
    downBias: bias('down_proj', hiddenSize),
  };
}

function separate(prefix: string, hiddenSize: number, { count, intermediateSize, bias: biased }: ExpertsConfig): ProjectionSpecs {
  const each = <T>(spec: (expert: string) => T): T[] => Array.from({ length: count }, (_, i) => spec(`${prefix}.${i}`));
  const bias = (name: string, spec: (expert: string) => VectorSpec): VectorSpec | undefined => (biased ? concatenated(`${prefix}.${name}_bias`, each(spec)) : undefined);
  return {
    gateUp: stackedExperts(
      `${prefix}.gate_up_proj`,
      each((expert) => interleaved(expert, `${expert}.gate_proj.weight`, `${expert}.up_proj.weight`, intermediateSize, hiddenSize)),
    ),
    gateUpBias: bias('gate_up_proj', (expert) => interleavedVector(expert, `${expert}.gate_proj.bias`, `${expert}.up_proj.bias`, intermediateSize)),
    down: stackedExperts(
      `${prefix}.down_proj`,
      each((expert) => matrix(`${expert}.down_proj.weight`, hiddenSize, intermediateSize)),
    ),
    downBias: bias('down_proj', (expert) => vector(`${expert}.down_proj.bias`, hiddenSize)),
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
