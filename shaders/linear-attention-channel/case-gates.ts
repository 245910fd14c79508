import { normal } from '../random.ts';
import { givenGating, glaGating, hgrn2Gating, kdaGating, rwkv7Gating, slotsGating, type ChannelGating, type GateColumns } from './gating.ts';
import type { ReferenceGates } from './reference.ts';
import { givenReference, glaReference, hgrn2Reference, kdaReference, rwkv7Reference, slotsReference } from './reference-gates.ts';

export interface Shape {
  readonly keyHeads: number;
  readonly valueHeads: number;
  readonly keyDim: number;
  readonly valueDim: number;
  /** Columns between and around the tensors that are used; they hold NaN. */
  readonly gap: number;
}

export type Gates = 'kda' | 'kda-bounded' | 'gla' | 'hgrn2' | 'rwkv7' | 'given' | 'given-scalar' | 'slots';

/**
 * `usual`: gates as a trained model has them. `extreme`: each channel of each token forgets next to nothing or next to everything, and
 * β is near 0 or near its most. `lasting`: what is written stays for thousands of tokens, and each of them rounds its decay alike.
 */
export type Regime = 'usual' | 'extreme' | 'lasting';

type Tensors = Record<string, Float32Array<ArrayBuffer>>;

const GLA = { normalizer: 16, smallest: -9 };
const KDA_BOUND = -5;
/** Of two, of which the first must not be read. */
const HGRN2_LAYER = 1;

interface Places {
  readonly decay: GateColumns;
  readonly beta: GateColumns;
  readonly rate: GateColumns;
  readonly p: GateColumns;
  readonly b: GateColumns;
}

/** Each in the middle of a tensor of its own, β at an odd column. */
function places({ keyHeads, valueHeads, keyDim, gap }: Shape, scalar: boolean): Places {
  const keys = { stride: keyHeads * keyDim + 2 * gap, column: gap };
  return { decay: scalar ? { stride: keyHeads + 5, column: 3 } : keys, beta: { stride: valueHeads + 3 + gap, column: 1 }, rate: keys, p: keys, b: keys };
}

/** Both ways to normalise κ; this one is large enough to be missed. */
const kappaEps = ({ gap }: Shape): number => (gap ? 0.01 : 0);

export function gatingOf(gates: Gates, shape: Shape): ChannelGating {
  const { decay, beta, rate, p, b } = places(shape, gates === 'given-scalar');
  switch (gates) {
    case 'kda':
    case 'kda-bounded':
      return kdaGating(decay, beta, shape.gap ? 2 : 1, gates === 'kda' ? undefined : KDA_BOUND);
    case 'gla':
      return glaGating(decay, GLA.normalizer, GLA.smallest);
    case 'hgrn2':
      return hgrn2Gating(decay, HGRN2_LAYER);
    case 'slots':
      return slotsGating(decay, GLA.normalizer);
    case 'rwkv7':
      return rwkv7Gating(decay, rate, kappaEps(shape));
    case 'given':
    case 'given-scalar':
      return givenGating(decay, p, b, gates === 'given');
    default:
      return gates satisfies never;
  }
}

/** `width` columns of each token, drawn by `draw`; NaN around them. */
function tensor({ stride, column }: GateColumns, count: number, width: number, draw: (index: number) => number): Float32Array<ArrayBuffer> {
  const data = new Float32Array(count * stride).fill(NaN);
  for (let t = 0; t < count; t++) for (let i = 0; i < width; i++) data[t * stride + column + i] = draw(i);
  return data;
}

/** Seeded raw gates: rows of each token and weights. */
export function gateInputs(gates: Gates, shape: Shape, count: number, regime: Regime, next: () => number): { rows: Tensors; weights: Tensors } {
  const { keyHeads, valueHeads, keyDim } = shape;
  const { decay, beta, rate, p, b } = places(shape, gates === 'given-scalar');
  const keys = keyHeads * keyDim;
  const bell = (): number => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  /** Logits near −20 or near 20, or normal. */
  const logit = (): number => (regime === 'extreme' ? (next() < 0.5 ? -1 : 1) * (12 + 10 * next()) : bell());
  /** Those of GLA: its decays are the 16th roots. */
  const rooted: Record<Regime, (i: number) => number> = { usual: () => 2 * logit(), extreme: () => 20 * logit(), lasting: (i) => 6 + i / 4 };
  switch (gates) {
    case 'kda':
    case 'kda-bounded': {
      // Initialised like fla's KDA: A from 1 to 16, dt_bias such that softplus(dt_bias) spans 0.001 … 0.1.
      const step = (): number => Math.log(Math.expm1(0.001 * 100 ** next()));
      return {
        rows: { raw_decay: tensor(decay, count, keys, logit), betas: tensor(beta, count, valueHeads, logit) },
        weights: { gate_params: Float32Array.from({ length: keyHeads + keys }, (_, i) => (i < keyHeads ? -1 - 15 * next() : step())) },
      };
    }
    case 'gla':
    case 'slots':
      return { rows: { raw_decay: tensor(decay, count, keys, rooted[regime]) }, weights: {} };
    case 'hgrn2':
      return { rows: { raw_decay: tensor(decay, count, keys, logit) }, weights: { gate_params: Float32Array.from({ length: 2 * keys }, (_, i) => (i < keys ? NaN : i % 3 ? next() ** 2 : 0)) } };
    case 'rwkv7':
      return {
        rows: { raw_decay: tensor(decay, count, keys, logit), rates: tensor(rate, count, keys, logit) },
        weights: { gate_params: Float32Array.from({ length: 2 * keys }, (_, i) => (i < keys ? 0.7 + 0.1 * bell() : 1 + 0.1 * bell())) },
      };
    case 'given':
    case 'given-scalar': {
      // b pᵀ is a fraction of a projection, give or take.
      const rows = normal(2 * count * keys, 6, keyDim ** -0.5);
      const pRows = tensor(p, count, keys, () => 0);
      const bRows = tensor(b, count, keys, () => 0);
      for (let i = 0; i < count * keys; i++) {
        const at = Math.floor(i / keys) * p.stride + p.column + (i % keys);
        pRows[at] = rows[i];
        bRows[at] = -0.7 * rows[i] + 0.1 * rows[count * keys + i];
      }
      return { rows: { raw_decay: tensor(decay, count, gates === 'given' ? keys : keyHeads, () => -0.3 * next() ** 2), p_rows: pRows, b_rows: bRows }, weights: {} };
    }
    default:
      return gates satisfies never;
  }
}

export function referenceOf(gates: Gates, shape: Shape, tensors: Record<string, ArrayLike<number>>): ReferenceGates {
  const { decay, beta, rate, p, b } = places(shape, gates === 'given-scalar');
  const { raw_decay: raw, betas, rates, gate_params, p_rows, b_rows } = tensors;
  switch (gates) {
    case 'kda':
    case 'kda-bounded':
      return kdaReference(decay, beta, shape.gap ? 2 : 1, shape.keyHeads, { decay: raw, betas, gate_params }, gates === 'kda' ? undefined : KDA_BOUND);
    case 'gla':
      return glaReference(decay, GLA.normalizer, GLA.smallest, { decay: raw });
    case 'hgrn2':
      return hgrn2Reference(decay, HGRN2_LAYER, shape.keyHeads, { decay: raw, gate_params });
    case 'slots':
      return slotsReference(decay, GLA.normalizer, { decay: raw });
    case 'rwkv7':
      return rwkv7Reference(decay, rate, shape.keyHeads, kappaEps(shape), { decay: raw, rates, gate_params });
    case 'given':
    case 'given-scalar':
      return givenReference(decay, p, b, gates === 'given', { decay: raw, p_rows, b_rows });
    default:
      return gates satisfies never;
  }
}
