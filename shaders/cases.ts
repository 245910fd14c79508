import { dequantCases } from './dequant/cases.ts';
import { embeddingCases } from './embedding/cases.ts';
import type { KernelCase } from './kernel-case.ts';
import { layerNormCases } from './layer-norm/cases.ts';
import { linearCases } from './linear/cases.ts';
import { rmsNormCases } from './rms-norm/cases.ts';
import { selectRowsCases } from './select-rows/cases.ts';

/** Every operator's cases, by the operator's folder. */
export const allCases: Readonly<Record<string, readonly KernelCase[]>> = {
  dequant: dequantCases,
  embedding: embeddingCases,
  'layer-norm': layerNormCases,
  linear: linearCases,
  'rms-norm': rmsNormCases,
  'select-rows': selectRowsCases,
};
