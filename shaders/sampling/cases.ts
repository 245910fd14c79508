import type { KernelCase } from '../kernel-case.ts';
import { roundUp } from '../kernel.ts';
import { normal, uniform } from '../random.ts';
import { samplingReference } from './reference.ts';
import { SAMPLED_RING, sampling, samplingScratch, type SamplingVariant } from './sampling.ts';
import { packSettings, type SamplingSettings } from './settings.ts';

export const OFF: SamplingSettings = { temperature: 0, topK: 0, topP: 1, minP: 0, repetitionPenalty: 1, presencePenalty: 0, frequencyPenalty: 0, seed: 0 };

/** The variant that these settings need, and no more. */
export function variantOf(vocabulary: number, settings: SamplingSettings): SamplingVariant {
  return {
    vocabulary,
    penalties: settings.repetitionPenalty !== 1 || settings.presencePenalty !== 0 || settings.frequencyPenalty !== 0,
    random: settings.temperature > 0,
    topK: settings.topK > 0,
    topP: settings.topP < 1,
    minP: settings.minP > 0,
  };
}

/** Counts of a conversation: some tokens in the prompt, some generated once or twice, some both. */
export function someCounts(vocabulary: number, seed: number): Uint32Array<ArrayBuffer> {
  const next = uniform(seed);
  return Uint32Array.from({ length: vocabulary }, () => (next() < 0.3 ? 2 ** 31 : 0) + (next() < 0.3 ? Math.ceil(3 * next()) : 0));
}

/** A change to random logits. */
export interface Special {
  readonly name: string;
  readonly apply: (logits: Float32Array) => void;
}

function samplingCase(vocabulary: number, changed: Partial<SamplingSettings>, special?: Special): KernelCase {
  const settings = { ...OFF, ...changed };
  const variant = variantOf(vocabulary, settings);
  const scratch = samplingScratch(vocabulary);
  const position = 41;
  return {
    name: `sampling V=${vocabulary} ${JSON.stringify(changed)}${special ? ` ${special.name}` : ''}`,
    kernels: () => sampling(variant),
    step: { count: 3, position, slotIn: 0, slotOut: 1 },
    inputs: () => {
      const logits = normal(roundUp(vocabulary, 4), vocabulary, 3).fill(1e3, vocabulary); // the padding would win
      special?.apply(logits.subarray(0, vocabulary));
      return {
        logits,
        counts: someCounts(vocabulary, 2),
        sampler: packSettings(settings),
        tokens: Uint32Array.of(7777777, 123), // not poison, which is what NO_TOKEN looks like
        sampled: new Uint32Array(SAMPLED_RING).fill(5555555),
      };
    },
    outputs: {
      partials: { type: 'u32', length: scratch.partials },
      histogram: { type: 'u32', length: scratch.histogram },
      candidates: { type: 'u32', length: scratch.candidates },
    },
    types: { tokens: 'u32', sampled: 'u32', counts: 'u32' },
    expected: ({ logits, counts }) => {
      const { token, margin } = samplingReference(logits.subarray(0, vocabulary), counts, settings, position + 3);
      if (margin < 1e-5) throw new Error(`the case's closest decision has a margin of ${margin}: too small for f32`);
      const after = Float64Array.from(counts);
      if (variant.penalties && token < vocabulary) after[token]++;
      const id = token < vocabulary ? token : NaN; // u32 0xffffffff reads as NaN
      return {
        tokens: Float64Array.of(id, 123),
        sampled: new Float64Array(SAMPLED_RING).fill(5555555).fill(id, (position + 3) % SAMPLED_RING, ((position + 3) % SAMPLED_RING) + 1),
        counts: after,
      };
    },
    tolerance: 0,
  };
}

const PENALISED: Partial<SamplingSettings> = { repetitionPenalty: 1.3, presencePenalty: 0.7, frequencyPenalty: 0.4 };
const FILTERED: Partial<SamplingSettings> = { temperature: 0.8, topK: 40, topP: 0.9, minP: 0.02, seed: 9 };

const put = (logit: number, ...tokens: readonly number[]): Special => ({
  name: `logits of ${tokens.join(' and ')} ${logit}`,
  apply: (logits) => tokens.forEach((token) => (logits[token] = logit)),
});
const allMasked: Special = { name: 'all logits -Infinity', apply: (logits) => logits.fill(-Infinity) };
const allButOneMasked: Special = { name: 'all logits but one -Infinity', apply: (logits) => logits.fill(-Infinity, 0, 300).fill(-Infinity, 301) };
const equal: Special = { name: 'all logits equal', apply: (logits) => logits.fill(2) };
const huge: Special = { name: 'logits up to 3e38', apply: (logits) => logits.forEach((logit, i) => (logits[i] = Math.fround(Math.min(Math.max(logit * 1e38, -3e38), 3e38)))) };

// Compiling is what takes the time here, so cases share kernels: they depend on V and on which settings are in use.
const ALL = { ...FILTERED, ...PENALISED };
export const samplingCases: readonly KernelCase[] = [
  ...[1, 100, 32_000].map((vocabulary) => samplingCase(vocabulary, {})),
  ...[63, 513].map((vocabulary) => samplingCase(vocabulary, PENALISED)),
  ...[100, 513, 151_936].map((vocabulary) => samplingCase(vocabulary, { temperature: 0.7, seed: 5 })),
  ...[63, 513, 262_208].map((vocabulary) => samplingCase(vocabulary, ALL)),
  samplingCase(100, { temperature: 1, topP: 0.8, seed: 6 }),
  samplingCase(32_000, { temperature: 1.2, topK: 20, seed: 7 }),
  samplingCase(513, { temperature: 1, minP: 0.05, seed: 8 }),
  ...[{ topK: 1 }, { topK: 5_000 }, { topP: 1e-6 }, { minP: 1 }, { temperature: 0.01 }, { temperature: 100 }].map((changed) => samplingCase(513, { ...ALL, ...changed })),
  ...[0.01, 100].map((temperature) => samplingCase(262_208, { ...ALL, temperature })),
  // Equal maxima: the lowest id, in one block and over two.
  samplingCase(100, {}, put(50, 77, 31)),
  samplingCase(32_000, {}, put(50, 31_000, 5_000)),
  ...[PENALISED, { temperature: 0.7, seed: 5 }, ALL, { temperature: 1, minP: 0.05 }].flatMap((settings) =>
    [put(NaN, 500), put(Infinity, 3), allMasked, allButOneMasked].map((special) => samplingCase(513, settings, special)),
  ),
  ...[equal, huge].map((special) => samplingCase(513, { ...FILTERED, ...PENALISED }, special)),
  samplingCase(32_000, {}, put(NaN, 31_999)),
];
