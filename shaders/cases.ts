import { attentionCases } from './attention/cases.ts';
import type { KernelCase } from './kernel-case.ts';
import { rmsNormCases } from './rms-norm/cases.ts';

/** Every operator's cases, by the operator's folder. */
export const allCases: Readonly<Record<string, readonly KernelCase[]>> = {
  attention: attentionCases,
  'rms-norm': rmsNormCases,
};
