import { roundUp } from '../kernel.ts';
import type { RwkvOutputVariant } from './rwkv-output.ts';

/** Float64 GroupNorm, bonus and gate of RWKV-7; NaN in the padding of rows. */
export function rwkvOutputReference({ heads, headDim, eps }: RwkvOutputVariant, { x, mixed, rates, gate, parameters }: Readonly<Record<string, ArrayLike<number>>>, count: number): Float64Array {
  const width = heads * headDim;
  const [stride, mixedStride] = [roundUp(width, 4), roundUp(3 * width, 4)];
  const parameter = (row: number, i: number): number => parameters[row * width + i];
  const out = new Float64Array(count * stride).fill(NaN);
  for (let t = 0; t < count; t++) {
    for (let h = 0; h < heads; h++) {
      const channels = Array.from({ length: headDim }, (_, d) => h * headDim + d);
      const over = (f: (i: number) => number): number => channels.reduce((sum, i) => sum + f(i), 0);
      const of = (part: number, i: number): number => mixed[t * mixedStride + part * width + i];
      const a = (i: number): number => 1 / (1 + Math.exp(-rates[t * stride + i]));
      const mean = over((i) => x[t * stride + i]) / headDim;
      const deviation = Math.sqrt(over((i) => (x[t * stride + i] - mean) ** 2) / headDim + eps);
      const bonus = over((i) => of(0, i) * of(1, i) * (1 + (a(i) - 1) * parameter(1, i)) * parameter(2, i));
      for (const i of channels) out[t * stride + i] = (((x[t * stride + i] - mean) / deviation) * parameter(3, i) + parameter(4, i) + bonus * of(2, i)) * gate[t * stride + i];
    }
  }
  return out;
}
