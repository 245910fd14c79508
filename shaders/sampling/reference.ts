import { NO_TOKEN } from './sampling.ts';
import type { SamplingSettings } from './settings.ts';

/** pcg3d of Jarzynski & Olano, JCGT 9(3), 2020, bit for bit as in gumbel.wgsl. */
function pcg3d(seed: number, position: number, token: number): readonly [number, number] {
  const mix = (value: number): number => (Math.imul(value, 1664525) + 1013904223) >>> 0;
  let [x, y, z] = [mix(seed), mix(position), mix(token)];
  x = (x + Math.imul(y, z)) >>> 0;
  y = (y + Math.imul(z, x)) >>> 0;
  z = (z + Math.imul(x, y)) >>> 0;
  x ^= x >>> 16;
  y ^= y >>> 16;
  z ^= z >>> 16;
  x = (x + Math.imul(y, z)) >>> 0;
  y = (y + Math.imul(z, x)) >>> 0;
  return [x, y];
}

/** −ln(−ln u) of the uniform u in (0, 1) that belongs to this seed, position and token. */
export function gumbelReference(seed: number, position: number, token: number): number {
  const [x, y] = pcg3d(seed, position, token);
  const v = Math.min((x >>> 8) * 2 ** -24 + ((y >>> 8) + 0.5) * 2 ** -48, 1 - 2 ** -24);
  return -Math.log(-Math.log1p(-v));
}

/** Logits after penalties and, unless greedy, temperature; −∞ stays −∞. */
export function adjustedReference(logits: ArrayLike<number>, counts: ArrayLike<number>, settings: SamplingSettings): Float64Array {
  return Float64Array.from(logits, (raw, token) => {
    if (raw === -Infinity) return raw;
    let logit = Math.min(Math.max(raw, -1e30), 1e30);
    if (counts[token] !== 0) logit = logit < 0 ? logit * settings.repetitionPenalty : logit / settings.repetitionPenalty;
    const generated = counts[token] % 2 ** 31;
    if (generated > 0) logit -= settings.presencePenalty + settings.frequencyPenalty * generated;
    return settings.temperature === 0 ? logit : logit / settings.temperature;
  });
}

export interface Survivors {
  /** Tokens that are left, likeliest first, the lowest id first among equals. */
  readonly tokens: readonly number[];
  /** How far the closest decision was from going the other way, relative: an implementation with larger errors may differ. */
  readonly margin: number;
}

/** Top-k, then top-p, then min-p, by sorting. Ties at a border all stay. */
export function survivorsReference(y: Float64Array, { topK, topP, minP }: SamplingSettings): Survivors {
  let tokens = Array.from(y.keys()).filter((token) => y[token] > -Infinity);
  tokens.sort((a, b) => y[b] - y[a] || a - b);
  let margin = Infinity;
  const max = y[tokens[0]];
  const cut = (length: number): void => {
    while (length < tokens.length && y[tokens[length]] === y[tokens[length - 1]]) length++;
    if (length < tokens.length) margin = Math.min(margin, (y[tokens[length - 1]] - y[tokens[length]]) / Math.max(1, Math.abs(max), Math.abs(y[tokens[length]])));
    tokens = tokens.slice(0, length);
  };
  if (topK > 0 && topK < tokens.length) cut(topK);
  if (topP < 1) {
    const mass = tokens.map((token) => Math.exp(y[token] - max));
    const wanted = topP * mass.reduce((sum, share) => sum + share, 0);
    let reached = 0;
    for (let i = 0; i < tokens.length; i++) {
      reached += mass[i];
      if (y[tokens[i]] === y[tokens[i + 1]]) continue;
      margin = Math.min(margin, Math.abs(reached / wanted - 1));
      if (reached >= wanted) {
        cut(i + 1);
        break;
      }
    }
  }
  if (minP > 0) {
    const least = max + Math.log(minP);
    for (const token of tokens) if (y[token] < max) margin = Math.min(margin, Math.abs(y[token] - least) / Math.max(1, Math.abs(max)));
    tokens = tokens.filter((token) => y[token] >= least);
  }
  return { tokens, margin };
}

export interface Draw {
  readonly token: number;
  /** Score of the token above the runner-up's. */
  readonly margin: number;
}

/** The survivor with the largest y + Gumbel noise. */
export function drawReference(y: Float64Array, tokens: readonly number[], seed: number, position: number): Draw {
  const max = tokens.reduce((most, candidate) => Math.max(most, y[candidate]), -Infinity);
  let best = -Infinity;
  let second = -Infinity;
  let token = NO_TOKEN;
  for (const candidate of tokens) {
    const score = y[candidate] - max + gumbelReference(seed, position, candidate);
    if (score > best || (score === best && candidate < token)) {
      second = best;
      best = score;
      token = candidate;
    } else second = Math.max(second, score);
  }
  return { token, margin: best - second };
}

/** One sampling step for the token at `position`, in float64. */
export function samplingReference(logits: ArrayLike<number>, counts: ArrayLike<number>, settings: SamplingSettings, position: number): Draw {
  const values = Array.from(logits);
  if (values.some((logit) => Number.isNaN(logit) || logit === Infinity) || values.every((logit) => logit === -Infinity)) return { token: NO_TOKEN, margin: Infinity };
  const y = adjustedReference(logits, counts, settings);
  if (settings.temperature > 0) {
    const { tokens, margin } = survivorsReference(y, settings);
    const draw = drawReference(y, tokens, settings.seed, position);
    return { token: draw.token, margin: Math.min(margin, draw.margin) };
  }
  let token = NO_TOKEN;
  let best = -Infinity;
  let second = -Infinity;
  y.forEach((value, id) => {
    if (value > best) {
      second = best;
      best = value;
      token = id;
    } else if (value < best) second = Math.max(second, value);
  });
  return { token, margin: best - second };
}
