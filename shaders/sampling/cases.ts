import type { KernelCase } from '../kernel-case.ts';
import { roundUp } from '../kernel.ts';
import { normal, uniform } from '../random.ts';
import { samplingReference } from './reference.ts';
import { markPrompt, SAMPLED_RING, sampling, samplingScratch, type SamplingVariant } from './sampling.ts';
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

export interface Special {
  readonly token: number;
  readonly logit: number;
}

function samplingCase(vocabulary: number, changed: Partial<SamplingSettings>, specials: readonly Special[] = [], position = 41): KernelCase {
  const settings = { ...OFF, ...changed };
  const variant = variantOf(vocabulary, settings);
  const scratch = samplingScratch(vocabulary);
  const special = specials.map(({ token, logit }) => `${token}:${logit}`).join();
  return {
    name: `sampling V=${vocabulary} ${JSON.stringify(changed)}${special && ` logits ${special}`}`,
    kernels: () => sampling(variant),
    step: { count: 3, position, slotIn: 0, slotOut: 1 },
    inputs: () => {
      const logits = normal(roundUp(vocabulary, 4), vocabulary, 3).fill(1e3, vocabulary); // the padding would win
      for (const { token, logit } of specials) logits[token] = logit;
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

function markPromptCase(vocabulary: number, count: number): KernelCase {
  return {
    name: `mark-prompt V=${vocabulary} T=${count}`,
    kernels: () => [markPrompt({ vocabulary })],
    step: { count, position: 0, slotIn: 0, slotOut: 1 },
    inputs: () => {
      const next = uniform(3);
      // Twice as many as count says, a repeated one, and one that no vocabulary has.
      const tokens = Uint32Array.from({ length: 2 * count }, () => Math.floor(vocabulary * next()));
      tokens[count - 1] = tokens[0];
      tokens[count >> 1] = 0xffffffff;
      return { tokens, counts: someCounts(vocabulary, 4) };
    },
    types: { counts: 'u32' },
    expected: ({ tokens, counts }) => {
      const marked = Float64Array.from(counts);
      for (const token of tokens.subarray(0, count)) if (token < vocabulary && marked[token] < 2 ** 31) marked[token] += 2 ** 31;
      return { counts: marked };
    },
    tolerance: 0,
  };
}

export const samplingCases: readonly KernelCase[] = [
  ...[1, 63, 100, 513, 32_000, 151_936].flatMap((vocabulary) => [
    samplingCase(vocabulary, {}),
    samplingCase(vocabulary, PENALISED),
    samplingCase(vocabulary, { temperature: 0.7, seed: 5 }),
    samplingCase(vocabulary, { ...FILTERED, ...PENALISED }),
  ]),
  samplingCase(513, { temperature: 1, topK: 1, seed: 1 }),
  samplingCase(513, { temperature: 1, topK: 2_000, seed: 1 }),
  samplingCase(513, { temperature: 1, topP: 1e-6, seed: 1 }),
  samplingCase(513, { temperature: 1, minP: 1, seed: 1 }),
  samplingCase(151_936, { temperature: 0.01, topP: 0.9, seed: 2 }),
  samplingCase(151_936, { temperature: 100, topK: 5_000, topP: 0.9, seed: 3 }),
  samplingCase(151_936, { temperature: 1, minP: 0.1, seed: 4 }),
  // Equal maxima: the lowest id; in one block, and in two.
  samplingCase(100, {}, [{ token: 77, logit: 50 }, { token: 31, logit: 50 }]),
  samplingCase(32_000, {}, [{ token: 31_000, logit: 50 }, { token: 5_000, logit: 50 }]),
  samplingCase(100, {}, [{ token: 77, logit: 1e38 }, { token: 31, logit: -3e38 }]),
  ...[{}, { temperature: 1 }, FILTERED, { temperature: 1, minP: 0.1 }].flatMap((settings) => [
    samplingCase(2_500, settings, [{ token: 2_222, logit: NaN }]),
    samplingCase(2_500, { ...settings, ...PENALISED }, [{ token: 3, logit: Infinity }]),
    samplingCase(3, settings, [0, 1, 2].map((token) => ({ token, logit: -Infinity }))),
    samplingCase(3, settings, [0, 2].map((token) => ({ token, logit: -Infinity }))),
  ]),
  markPromptCase(100, 1),
  markPromptCase(32_000, 513),
];
