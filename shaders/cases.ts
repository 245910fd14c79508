import type { KernelCase } from './kernel-case.ts';
import { dequantCases } from './dequant/cases.ts';
import { linearCases } from './linear/cases.ts';
import { rmsNormCases } from './rms-norm/cases.ts';

/** Every operator's cases, by the operator's folder. */
export const allCases: Readonly<Record<string, readonly KernelCase[]>> = {
  dequant: dequantCases,
  linear: linearCases,
  'rms-norm': rmsNormCases,
};
