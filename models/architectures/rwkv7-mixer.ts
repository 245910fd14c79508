import type { Ops, Tensor } from '../../engine/ops/vocabulary.ts';
import { concatenated, matrix, vector, type Loaded, type VectorSpec } from '../weights/spec.ts';

/** A time mix of RWKV-7 (arXiv:2503.14456). */
export interface Rwkv7Config {
  readonly hiddenSize: number;
  readonly heads: number;
  readonly headDim: number;
  /** Of the LoRAs that make decays, rates, values' shares of the first layer's, and gates. */
  readonly ranks: { readonly w: number; readonly a: number; readonly v: number; readonly g: number };
  /** Of the norm of each head. */
  readonly headEps: number;
  /** Added to the sum of squares of κ before its root. */
  readonly kappaEps: number;
}

/** In the order in which they are stored where they are one tensor. */
const SHIFTS = ['r', 'w', 'k', 'v', 'a', 'g'] as const;

/** Of the six token shifts: a tensor each, or all in one (the first version of fla's layer, and rwkv.cpp). */
function shifts(prefix: string, hiddenSize: number): VectorSpec {
  const spec = concatenated(`${prefix}.x_x`, SHIFTS.map((name) => vector(`${prefix}.x_${name}`, hiddenSize, { shape: [1, 1, hiddenSize] })));
  return { ...spec, alternatives: [[{ name: `${prefix}.x_x`, shape: [SHIFTS.length, hiddenSize], offset: 0, stride: 1 }]] };
}

/** `first`: of the first layer, whose values are those that the others' are drawn towards. */
export function rwkv7Weights(prefix: string, { hiddenSize, heads, headDim, ranks }: Rwkv7Config, first: boolean) {
  const square = (name: string) => matrix(`${prefix}.${name}_proj.weight`, hiddenSize, hiddenSize);
  const lora = (name: keyof typeof ranks) => ({
    down: matrix(`${prefix}.${name}_lora.lora.0.weight`, ranks[name], hiddenSize, { role: 'dense' }),
    up: matrix(`${prefix}.${name}_lora.lora.2.weight`, hiddenSize, ranks[name], { role: 'dense' }),
  });
  const biased = (name: 'w' | 'a' | 'v') => ({ ...lora(name), bias: vector(`${prefix}.${name}_lora.lora.2.bias`, hiddenSize) });
  return {
    shifts: shifts(prefix, hiddenSize),
    r: square('r'),
    k: square('k'),
    v: square('v'),
    decay: biased('w'),
    rate: biased('a'),
    share: first ? undefined : biased('v'),
    gate: lora('g'),
    parameters: concatenated(`${prefix}.parameters`, [
      vector(`${prefix}.k_k`, hiddenSize),
      vector(`${prefix}.k_a`, hiddenSize),
      vector(`${prefix}.r_k`, hiddenSize, { shape: [heads, headDim] }),
      vector(`${prefix}.g_norm.weight`, hiddenSize),
      vector(`${prefix}.g_norm.bias`, hiddenSize),
    ]),
    output: square('o'),
  };
}

/**
 * residual + the time mix of `normed`, which it sees beside `previous`, the same of the token before. `firstValues` is undefined in
 * the first layer; `values` is what other layers are to be given for it.
 */
export function rwkv7Mixer(ops: Ops, normed: Tensor, previous: Tensor, residual: Tensor, w: Loaded<ReturnType<typeof rwkv7Weights>>, c: Rwkv7Config, firstValues: Tensor | undefined): { readonly out: Tensor; readonly values: Tensor } {
  const { hiddenSize, heads, headDim } = c;
  const shifted = (name: (typeof SHIFTS)[number]): Tensor =>
    ops.interpolate(normed, { towards: { tensor: previous, column: 0 }, by: { weights: w.shifts, first: SHIFTS.indexOf(name) * hiddenSize } });
  const xv = shifted('v');
  let mixed = ops.linearEach([{ x: shifted('r'), weight: w.r }, { x: shifted('k'), weight: w.k }, { x: xv, weight: w.v }]);
  if (w.share && firstValues) {
    const logits = ops.linear(ops.linear(xv, w.share.down), w.share.up, { bias: w.share.bias });
    mixed = ops.interpolate(mixed, { towards: { tensor: firstValues, column: 2 * hiddenSize }, by: { logits, column: 2 * hiddenSize } });
  }
  // A cap of 1 is a tanh.
  const decay = ops.linear(ops.linear(shifted('w'), w.decay.down, { softCap: 1 }), w.decay.up, { bias: w.decay.bias });
  const rate = ops.linear(ops.linear(shifted('a'), w.rate.down), w.rate.up, { bias: w.rate.bias });
  const gate = ops.linear(ops.linear(shifted('g'), w.gate.down, { activation: 'sigmoid' }), w.gate.up);
  const read = ops.linearAttention(mixed, {
    state: { kind: 'recurrent', heads, keyDim: headDim, valueDim: headDim },
    keyHeads: heads,
    normalised: false,
    scale: 1,
    gating: { kind: 'rwkv7', decay: { tensor: decay, column: 0 }, rate: { tensor: rate, column: 0 }, parameters: w.parameters, eps: c.kappaEps },
  });
  const gated = ops.rwkvOutput(read, { heads, eps: c.headEps, mixed, rate, gate, parameters: w.parameters });
  return { out: ops.linear(gated, w.output, { residual }), values: mixed };
}
