import { roundUp } from '../kernel.ts';
import { mostTiles, TILE_ASSIGNMENTS, type GroupVariant } from './group.ts';
import type { RouteVariant } from './route.ts';
import type { ExpertActivation, Scoring } from './variant.ts';

type Numbers = ArrayLike<number>;

/** What the router chose for each token, [T, topK]. */
export interface Routes {
  readonly chosen: Float64Array;
  readonly weights: Float64Array;
}

/** Float64 `route` of logits [T, roundUp(experts, 4)]. */
export function routeReference({ experts, topK, scoring }: RouteVariant, count: number, logits: Numbers): Routes {
  const chosen = new Float64Array(count * topK);
  const weights = new Float64Array(count * topK);
  for (let token = 0; token < count; token++) {
    const own = Array.from({ length: experts }, (_, expert) => logits[token * roundUp(experts, 4) + expert]);
    // The sort is stable: of equal logits the lower expert comes first.
    const best = own.map((_, expert) => expert).sort((a, b) => own[b] - own[a]).slice(0, topK);
    chosen.set(best, token * topK);
    weights.set(scores(scoring, own, best), token * topK);
  }
  return { chosen, weights };
}

function scores({ renormalised }: Scoring, logits: readonly number[], best: readonly number[]): number[] {
  const among = renormalised ? best.map((expert) => logits[expert]) : logits;
  const sum = among.reduce((total, logit) => total + Math.exp(logit), 0);
  return best.map((expert) => Math.exp(logits[expert]) / sum);
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
export function gluReference(activation: ExpertActivation, gate: number, up: number): number {
  switch (activation.kind) {
    case 'silu':
      return (gate / (1 + Math.exp(-gate))) * up;
    case 'clamped': {
      const { alpha, limit } = activation;
      const low = Math.min(gate, limit);
      return (low / (1 + Math.exp(-alpha * low))) * (Math.max(-limit, Math.min(limit, up)) + 1);
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

/** Pairs of gate and up, alternating, through the activation. */
export const gatedReference = (activation: ExpertActivation, pairs: Numbers): Float64Array =>
  Float64Array.from({ length: pairs.length / 2 }, (_, i) => gluReference(activation, pairs[2 * i], pairs[2 * i + 1]));
