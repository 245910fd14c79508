import type { KernelCase } from './kernel-case.ts';
import { rmsNormCases } from './rms-norm/cases.ts';
import { samplingCases } from './sampling/cases.ts';

/** Every operator's cases, by the operator's folder. */
export const allCases: Readonly<Record<string, readonly KernelCase[]>> = {
  'rms-norm': rmsNormCases,
  sampling: samplingCases,
};
