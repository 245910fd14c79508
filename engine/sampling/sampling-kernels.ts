import type { Kernel } from '../../shaders/kernel.ts';
import { sampling, type SamplingVariant } from '../../shaders/sampling/sampling.ts';
import type { SamplingPlan } from './sampling-plan.ts';

/** Whether a plan looks at what was said: only then do `counts` need the prompt's tokens. */
export const usesCounts = (plan: SamplingPlan): boolean => plan.repetitionPenalty !== 1 || plan.presencePenalty !== 0 || plan.frequencyPenalty !== 0;

/** What a plan asks of the kernels: filters that keep everything, and those of a greedy plan, cost nothing. */
export function samplingVariant(plan: SamplingPlan, vocabulary: number): SamplingVariant {
  const random = plan.temperature > 0;
  return {
    vocabulary,
    penalties: usesCounts(plan),
    random,
    topK: random && plan.topK > 0 && plan.topK < vocabulary,
    // As the kernel sees it: what rounds to 1 keeps all.
    topP: random && Math.fround(plan.topP) < 1,
    minP: random && plan.minP > 0,
  };
}

/** The kernels of one sampling step, in order; see `sampling` for their bindings and `samplingScratch` for the scratch. */
export const samplingKernels = (plan: SamplingPlan, vocabulary: number): Kernel[] => sampling(samplingVariant(plan, vocabulary));
