import type { Step } from '../common/step.ts';
import { roundUp } from '../kernel.ts';
import { memoryInputs, memoryOutputs, type CombineMemoriesVariant, type MemoryConvVariant, type RouteMemoriesVariant } from './memories.ts';

type Numbers = ArrayLike<number>;

/** Float64 weights of each token's memories [count, roundUp(memories, 4)]; NaN in the padding. */
export function routeMemoriesReference({ routed, topK, shared }: RouteMemoriesVariant, logits: Numbers, count: number): Float64Array {
  const memories = routed + Number(shared);
  const out = new Float64Array(count * roundUp(memories, 4)).fill(NaN);
  for (let t = 0; t < count; t++) {
    const own = Array.from({ length: routed }, (_, e) => logits[t * roundUp(routed, 4) + e]);
    const chosen = new Set(own.map((_, e) => e).sort((a, b) => own[b] - own[a] || a - b).slice(0, topK));
    const shares = own.map((logit, e) => (chosen.has(e) ? Math.exp(logit - Math.max(...own)) : 0));
    const sum = shares.reduce((a, b) => a + b, 0);
    const row = [...shares.map((share) => share / sum), ...(shared ? [1] : [])];
    out.set(row, t * roundUp(memories, 4));
  }
  return out;
}

/** Float64: each memory's own tokens, one after the other, behind the last of earlier steps. `state` holds one slot, [K − 1, memories, channels]. */
export function memoryConvReference(variant: MemoryConvVariant, { x, routes, weight, state }: Readonly<Record<'x' | 'routes' | 'weight' | 'state', Numbers>>, { count }: Pick<Step, 'count'>): { out: Float64Array; state: Float64Array } {
  const { memories, separate, heads, keys, values, kernelSize } = variant;
  const channels = 2 * keys + values;
  const [xStride, stride] = [roundUp(memoryInputs(variant), 4), roundUp(memoryOutputs(variant), 4)];
  const out = new Float64Array(count * stride).fill(NaN);
  const next = new Float64Array((kernelSize - 1) * memories * channels);
  const widths = [keys, keys, values, heads, heads];
  for (let e = 0; e < memories; e++) {
    const tokens = Array.from({ length: count }, (_, t) => t).filter((t) => routes[t * roundUp(memories, 4) + e] !== 0);
    let [from, to, channel] = [0, 0, 0];
    widths.forEach((width, section) => {
      const many = section === 0 || !separate ? 1 : memories;
      for (let i = 0; i < width; i++) {
        const column = from + (many === 1 ? 0 : e * width) + i;
        const target = to + e * width + i;
        if (section > 2) {
          for (let t = 0; t < count; t++) out[t * stride + target] = tokens.includes(t) ? x[t * xStride + column] : -300;
          continue;
        }
        const inputs = [...Array.from({ length: kernelSize - 1 }, (_, j) => state[(j * memories + e) * channels + channel]), ...tokens.map((t) => x[t * xStride + column])];
        for (let t = 0; t < count; t++) out[t * stride + target] = 0;
        tokens.forEach((t, n) => {
          let sum = 0;
          for (let j = 0; j < kernelSize; j++) sum += weight[channel * kernelSize + j] * inputs[n + j];
          out[t * stride + target] = sum / (1 + Math.exp(-sum));
        });
        inputs.slice(-(kernelSize - 1)).forEach((value, j) => (next[(j * memories + e) * channels + channel] = value));
        channel++;
      }
      from += many * width;
      to += memories * width;
    });
  }
  return { out, state: next };
}

/** Float64 Σ_e routes[t, e] · read[t, e]; NaN in the padding. */
export function combineMemoriesReference({ memories, width }: CombineMemoriesVariant, read: Numbers, routes: Numbers, count: number): Float64Array {
  const out = new Float64Array(count * roundUp(width, 4)).fill(NaN);
  for (let t = 0; t < count; t++) {
    for (let i = 0; i < width; i++) {
      let sum = 0;
      for (let e = 0; e < memories; e++) sum += routes[t * roundUp(memories, 4) + e] * read[t * roundUp(memories * width, 4) + e * width + i];
      out[t * roundUp(width, 4) + i] = sum;
    }
  }
  return out;
}
