import { packSettings, type SamplingSettings } from '../../shaders/sampling/settings.ts';

/** How one generation samples, with every default filled in. `seed` is the one in use, so that a run can be repeated. */
export type SamplingPlan = SamplingSettings;

/** The contents of the `sampler` uniform: 32 bytes. */
export const packSampler = (plan: SamplingPlan): Uint32Array<ArrayBuffer> => packSettings(plan);
