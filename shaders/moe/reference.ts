import { roundUp } from '../kernel.ts';
import { activate } from '../linear/reference.ts';
import { mostTiles, TILE_ASSIGNMENTS, type GroupVariant } from './group.ts';
import type { RouteVariant } from './route.ts';
import { DEFAULT_EPSILON, rowsPerElement, type ExpertActivation, type Scoring } from './variant.ts';

type Numbers = ArrayLike<number>;

/** What the router chose for each token, [T, topK]. */
export interface Routes {
  readonly chosen: Float64Array;
  readonly weights: Float64Array;
}

/** Float64 `route` of logits [T, roundUp(experts, 4)]; `bias` [experts] where the scoring has one. */
export function routeReference({ experts, topK, scoring }: RouteVariant, count: number, logits: Numbers, bias?: Numbers): Routes {
  const chosen = new Float64Array(count * topK);
  const weights = new Float64Array(count * topK);
  for (let token = 0; token < count; token++) {
    const own = Array.from({ length: experts }, (_, expert) => logits[token * roundUp(experts, 4) + expert]);
    const choice = chooseBy(scoring, own, bias);
    // The sort is stable: of equally good experts the lower comes first.
    const best = own.map((_, expert) => expert).filter((expert) => choice[expert] > -Infinity).sort((a, b) => choice[b] - choice[a]).slice(0, topK);
    chosen.set(best, token * topK);
    weights.set(weightsOf(scoring, own, best), token * topK);
  }
  return { chosen, weights };
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** What experts are chosen by: −∞ for those that cannot be. */
function chooseBy(scoring: Scoring, logits: readonly number[], bias: Numbers | undefined): readonly number[] {
  if (scoring.kind === 'softmax') return logits;
  const choice = logits.map((logit, expert) => sigmoid(logit) + (bias?.[expert] ?? 0));
  const { groups } = scoring;
  if (!groups) return choice;
  const size = choice.length / groups.count;
  const scores = Array.from({ length: groups.count }, (_, group) => {
    const [first, second] = choice.slice(group * size, (group + 1) * size).sort((a, b) => b - a);
    return groups.scoring === 'max' ? first : first + second;
  });
  const taken = new Set(scores.map((_, group) => group).sort((a, b) => scores[b] - scores[a]).slice(0, groups.chosen));
  return choice.map((value, expert) => (taken.has(Math.floor(expert / size)) ? value : -Infinity));
}

function weightsOf(scoring: Scoring, logits: readonly number[], best: readonly number[]): number[] {
  const all = scoring.kind === 'softmax' ? logits.map((logit) => Math.exp(logit)) : logits.map(sigmoid);
  const total = (scores: readonly number[]): number => scores.reduce((sum, score) => sum + score, 0);
  const scores = best.map((expert) => all[expert] / (scoring.kind === 'softmax' ? total(all) : 1));
  const divisor = scoring.renormalised ? total(scores) + (scoring.kind === 'sigmoid' ? (scoring.epsilon ?? DEFAULT_EPSILON) : 0) : 1;
  return scores.map((score) => (score / divisor) * (scoring.scale ?? 1));
}

/** `order` [T · topK] and `tiles` [mostTiles, 4] of `group`. */
export function groupReference(variant: GroupVariant, count: number, chosen: Numbers): { order: Float64Array; tiles: Float64Array } {
  const { experts, topK } = variant;
  const order: number[] = [];
  const tiles: number[] = [];
  for (let expert = 0; expert < experts; expert++) {
    const own = Array.from({ length: count * topK }, (_, i) => i).filter((i) => chosen[i] === expert);
    for (let i = 0; i < own.length; i += TILE_ASSIGNMENTS) tiles.push(expert, order.length + i, Math.min(TILE_ASSIGNMENTS, own.length - i), 0);
    order.push(...own);
  }
  const padded = new Float64Array(4 * mostTiles(variant, count));
  padded.set(tiles);
  return { order: Float64Array.from(order), tiles: padded };
}

/** What an expert makes of gate and up. */
function gluReference(activation: Exclude<ExpertActivation, { kind: 'relu2' }>, gate: number, up: number): number {
  switch (activation.kind) {
    case 'silu':
    case 'gelu-tanh':
      return activate(activation.kind, gate) * up;
    case 'clamped': {
      const { alpha, limit } = activation;
      const low = Math.min(gate, limit);
      return low * sigmoid(alpha * low) * (Math.max(-limit, Math.min(limit, up)) + 1);
    }
    default:
      return activation satisfies never;
  }
}

/** All experts of a layer, decoded; row r of an expert is row expert · outputs + r. */
export interface ExpertMatrix {
  readonly inputs: number;
  readonly outputs: number;
  /** [experts · outputs, inputs] */
  readonly weight: Numbers;
  /** [experts, outputs] */
  readonly bias?: Numbers;
}

/** Outputs [outputs] of one expert for the row of x that begins at `start`. */
export function expertReference({ inputs, outputs, weight, bias }: ExpertMatrix, expert: number, x: Numbers, start: number): Float64Array {
  return Float64Array.from({ length: outputs }, (_, row) => {
    const at = expert * outputs + row;
    let sum = bias ? bias[at] : 0;
    for (let k = 0; k < inputs; k++) sum += weight[at * inputs + k] * x[start + k];
    return sum;
  });
}

/** The products with an expert's rows, gate and up alternating or up alone, through the activation. */
export function activatedReference(activation: ExpertActivation, products: Numbers): Float64Array {
  return Float64Array.from({ length: products.length / rowsPerElement(activation) }, (_, i) =>
    activation.kind === 'relu2' ? activate('relu2', products[i]) : gluReference(activation, products[2 * i], products[2 * i + 1]),
  );
}
