import { MAX_EXPERTS, type ExpertActivation, type Scoring } from '../../shaders/moe/variant.ts';
import type { Ops, Tensor } from '../../engine/ops/vocabulary.ts';
import type { Vector } from '../../engine/ops/weight.ts';
import type { ConfigReader } from '../config/config-reader.ts';
import { matrix, vector, type Loaded } from '../weights/spec.ts';
import type { StoredModules } from '../weights/stored-modules.ts';
import { expertProjections, type ProjectionsConfig } from './expert-layouts.ts';
import { sharedExperts, sharedExpertsWeights, type SharedExpertsConfig } from './shared-experts.ts';

export interface ExpertsConfig extends Omit<ProjectionsConfig, 'width'> {
  /** Experts that each token takes. */
  readonly perToken: number;
  /** `bias`: what the checkpoint calls it, in the block. */
  readonly scoring: Scoring<string>;
  readonly activation: ExpertActivation;
  /** What the checkpoint calls the router. */
  readonly router: 'gate' | 'router' | 'router.layer';
  /** On the router and on all projections. */
  readonly bias: boolean;
  readonly shared?: SharedExpertsConfig;
  /** The experts work in a narrower space, between two projections that all share; the router and what is shared do not (Nemotron 3). */
  readonly latent?: { readonly size: number; /** What the checkpoint calls them. */ readonly down: string; readonly up: string } | undefined;
}

/** A mixture of experts in place of an MLP. Models without it know only that there is such a thing. */
export interface Experts {
  /** Weights of the block under `prefix`: the experts, their router, what is shared. */
  readonly weights: (prefix: string, hiddenSize: number, stored: StoredModules) => ExpertsSpecs;
  /** residual + what is shared + the weighted sum of what each token's experts make of `normed`. */
  readonly forward: (ops: Ops, normed: Tensor, residual: Tensor, weights: Loaded<ExpertsSpecs>) => Tensor;
}

type ExpertsSpecs = ReturnType<typeof expertsWeights>;

export const experts = (c: ExpertsConfig): Experts => ({
  weights: (prefix, hiddenSize, stored) => expertsWeights(prefix, hiddenSize, c, stored),
  forward: (ops, normed, residual, weights) => forward(ops, normed, residual, weights, c),
});

/** How many experts there are, from `key`, and how many of them a token takes, from `num_experts_per_tok`. */
export function expertCounts(c: ConfigReader, key: string, defaults: { readonly count?: number; readonly perToken?: number } = {}): Pick<ExpertsConfig, 'count' | 'perToken'> {
  const count = c.integer(key, { min: 1, max: MAX_EXPERTS, ...(defaults.count !== undefined && { default: defaults.count }) });
  return { count, perToken: c.integer('num_experts_per_tok', { min: 1, max: count, ...(defaults.perToken !== undefined && { default: defaults.perToken }) }) };
}

/** Per layer, whether it has experts, as Qwen's configs say it: each `decoder_sparse_step`-th that `mlp_only_layers` does not name. */
export function sparseLayers(c: ConfigReader, layers: number): boolean[] {
  const step = c.integer('decoder_sparse_step', { min: 1, default: 1 });
  const dense = c.has('mlp_only_layers') ? c.integers('mlp_only_layers') : [];
  return Array.from({ length: layers }, (_, i) => !dense.includes(i) && (i + 1) % step === 0);
}

function expertsWeights(prefix: string, hiddenSize: number, c: ExpertsConfig, stored: StoredModules) {
  const choiceBias = c.scoring.kind === 'sigmoid' ? c.scoring.bias : undefined;
  return {
    router: matrix(`${prefix}.${c.router}.weight`, c.count, hiddenSize, { role: 'dense' }),
    routerBias: c.bias ? vector(`${prefix}.${c.router}.bias`, c.count) : undefined,
    choiceBias: choiceBias === undefined ? undefined : vector(`${prefix}.${choiceBias}`, c.count),
    ...expertProjections(prefix, { ...c, width: c.latent?.size ?? hiddenSize }, stored),
    latent: c.latent && { down: matrix(`${prefix}.${c.latent.down}.weight`, c.latent.size, hiddenSize), up: matrix(`${prefix}.${c.latent.up}.weight`, hiddenSize, c.latent.size) },
    shared: c.shared && sharedExpertsWeights(prefix, hiddenSize, c.shared),
  };
}

function forward(ops: Ops, normed: Tensor, residual: Tensor, w: Loaded<ExpertsSpecs>, { perToken, scoring, activation, shared }: ExpertsConfig): Tensor {
  const withShared = w.shared && shared ? sharedExperts(ops, normed, residual, w.shared, shared) : residual;
  const mixed = ops.moe(normed, {
    topK: perToken,
    router: w.router,
    ...(w.routerBias && { routerBias: w.routerBias }),
    scoring: scoringWith(scoring, w.choiceBias),
    gateUp: w.gateUp,
    ...(w.gateUpBias && { gateUpBias: w.gateUpBias }),
    down: w.down,
    ...(w.downBias && { downBias: w.downBias }),
    activation,
    ...(w.latent ? { input: ops.linear(normed, w.latent.down) } : { residual: withShared }),
  });
  return w.latent ? ops.linear(mixed, w.latent.up, { residual: withShared }) : mixed;
}

/** The scoring with its bias on the GPU in place of the bias's name. */
const scoringWith = (scoring: Scoring<string>, bias: Vector | undefined): Scoring<Vector> => (scoring.kind === 'sigmoid' ? { ...scoring, bias } : scoring);
