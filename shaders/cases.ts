import type { KernelCase } from './kernel-case.ts';
import { arrangeHeadsCases } from './arrange-heads/cases.ts';
import { attentionCases } from './attention/cases.ts';
import { latentAttentionCases } from './attention/cases-latent.ts';
import { chunkAttentionCases } from './chunk-attention/cases.ts';
import { differentialHeadsCases } from './differential-heads/cases.ts';
import { dequantCases } from './dequant/cases.ts';
import { embeddingCases } from './embedding/cases.ts';
import { gatedRmsNormCases } from './gated-rms-norm/cases.ts';
import { gluCases } from './glu/cases.ts';
import { interpolateCases } from './interpolate/cases.ts';
import { hedgehogCases } from './hedgehog/cases.ts';
import { hgrnCases } from './hgrn/cases.ts';
import { layerNormCases } from './layer-norm/cases.ts';
import { linearAttentionChannelCases } from './linear-attention-channel/cases.ts';
import { linearAttentionCases } from './linear-attention/cases.ts';
import { linearCases } from './linear/cases.ts';
import { mLstmCases } from './m-lstm/cases.ts';
import { memoryCases } from './memories/cases.ts';
import { moeCases } from './moe/cases.ts';
import { rgLruCases } from './rg-lru/cases.ts';
import { rmsNormCases } from './rms-norm/cases.ts';
import { rwkvOutputCases } from './rwkv-output/cases.ts';
import { samplingCases } from './sampling/cases.ts';
import { scaleCases } from './scale/cases.ts';
import { selectRowsCases } from './select-rows/cases.ts';
import { selectiveScanCases } from './selective-scan/cases.ts';
import { shortConvCases } from './short-conv/cases.ts';
import { slotScoresCases } from './slot-scores/cases.ts';
import { softmaxCases } from './softmax/cases.ts';

/** Every operator's cases, by the operator's folder. */
export const allCases: Readonly<Record<string, readonly KernelCase[]>> = {
  'arrange-heads': arrangeHeadsCases,
  'chunk-attention': chunkAttentionCases,
  'differential-heads': differentialHeadsCases,
  'gated-rms-norm': gatedRmsNormCases,
  hedgehog: hedgehogCases,
  'layer-norm': layerNormCases,
  'linear-attention': linearAttentionCases,
  'linear-attention-channel': linearAttentionChannelCases,
  'm-lstm': mLstmCases,
  'rg-lru': rgLruCases,
  'rms-norm': rmsNormCases,
  'rwkv-output': rwkvOutputCases,
  'select-rows': selectRowsCases,
  'selective-scan': selectiveScanCases,
  'short-conv': shortConvCases,
  'slot-scores': slotScoresCases,
  attention: [...attentionCases, ...latentAttentionCases],
  dequant: dequantCases,
  embedding: embeddingCases,
  glu: gluCases,
  hgrn: hgrnCases,
  interpolate: interpolateCases,
  linear: linearCases,
  memories: memoryCases,
  moe: moeCases,
  sampling: samplingCases,
  scale: scaleCases,
  softmax: softmaxCases,
};
