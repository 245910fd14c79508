import { roundUp } from '../kernel.ts';
import type { Activation, LinearVectorVariant } from './linear-variant.ts';

/** erf by its Maclaurin series, or 1 minus the continued fraction of erfc where that converges better; good to 1e-15. */
function erf(x: number): number {
  if (Math.abs(x) > 3) {
    let fraction = 0;
    for (let k = 60; k > 0; k--) fraction = k / 2 / (Math.abs(x) + fraction);
    return Math.sign(x) * (1 - Math.exp(-x * x) / Math.sqrt(Math.PI) / (Math.abs(x) + fraction));
  }
  let term = x;
  let sum = x;
  for (let n = 1; n < 80; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

export function activate(activation: Activation, x: number): number {
  switch (activation) {
    case 'none':
      return x;
    case 'silu':
      return x / (1 + Math.exp(-x));
    case 'gelu-tanh':
      return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
    case 'gelu':
      return 0.5 * x * (1 + erf(x / Math.SQRT2));
    case 'sigmoid':
      return 1 / (1 + Math.exp(-x));
    case 'relu2':
      return Math.max(x, 0) ** 2;
    default:
      return activation satisfies never;
  }
}

export interface LinearOperands {
  /** [T, roundUp(K, 4)], anything beyond column K. */
  readonly x: ArrayLike<number>;
  /** Decoded, [N, K]. */
  readonly weight: ArrayLike<number>;
  readonly normWeight?: ArrayLike<number>;
  /** Of the whole weight. */
  readonly bias?: ArrayLike<number>;
  readonly order?: ArrayLike<number>;
  /** [T, 4], anything beyond column 0. */
  readonly outputGate?: ArrayLike<number>;
  /** What out holds before, [T, outputStride]; NaN where it was never written. */
  readonly out: ArrayLike<number>;
}

/** Float64 linear operator over T = `count` tokens; elements of out that it does not write keep what they held. */
export function linearReference(variant: LinearVectorVariant, count: number, { x, weight, normWeight, bias, order, outputGate, out }: LinearOperands): Float64Array {
  const { inputs, outputs, rowOffset, outputStride, biasStart = 0, biasStride = 1, accumulate, multiply, activation, gated, scale = 1, softCap, norm } = variant;
  const stride = roundUp(inputs, 4);
  const result = Float64Array.from(out);
  for (let token = 0; token < count; token++) {
    const normed = Float64Array.from({ length: inputs }, (_, k) => x[token * stride + k]);
    if (norm && normWeight) {
      const inverse = 1 / Math.sqrt(normed.reduce((sum, value) => sum + value * value, 0) / inputs + norm.eps);
      for (let k = 0; k < inputs; k++) normed[k] *= inverse * normWeight[k];
    }
    const product = (row: number): number => {
      let sum = bias ? bias[biasStart + row * biasStride] : 0;
      for (let k = 0; k < inputs; k++) sum += weight[row * inputs + k] * normed[order ? order[k] : k];
      return sum;
    };
    for (let i = 0; i < (gated ? outputs / 2 : outputs); i++) {
      const ungated = scale * (gated ? activate(gated, product(2 * i)) * product(2 * i + 1) : activate(activation, product(i)));
      const value = outputGate ? ungated / (1 + Math.exp(-outputGate[4 * token])) : ungated;
      const at = token * outputStride + rowOffset + i;
      if (accumulate) result[at] += value;
      else result[at] = multiply ? result[at] * value : value;
      if (softCap !== undefined) result[at] = softCap * Math.tanh(result[at] / softCap);
    }
  }
  return result;
}
