import type { Ops, Tensor } from '../../engine/ops/vocabulary.ts';
import type { ConfigReader } from '../config/config-reader.ts';
import type { Loaded } from '../weights/spec.ts';
import { lowerBounds } from './fla-bounds.ts';
import { flaConfig, type FlaConfig } from './fla-config.ts';
import { mixerOutput, outputWeights, project, projectionWeights, readConvolution, type Projections } from './fla-mixer.ts';
import { flaModel } from './fla-model.ts';

interface HgrnConfig extends FlaConfig {
  /** Channels of the recurrence. */
  readonly width: number;
  readonly projections: Projections;
  /** Whether layers after the first have bounds below which no channel forgets. */
  readonly bounded: boolean;
  readonly affine: boolean;
}

function parse(c: ConfigReader): HgrnConfig {
  const shared = flaConfig(c, { layers: 24 });
  const { hiddenSize } = shared;
  const width = Math.trunc(hiddenSize * c.number('expand_ratio', { min: 0, default: 1 }));
  const bounded = c.boolean('use_lower_bound', { default: true });
  // Bounds are as many as the hidden size has elements.
  if (width === 0 || (bounded && width !== hiddenSize)) throw c.error('expand_ratio', bounded ? '1, as use_lower_bound is true' : 'a positive number');
  const conv = readConvolution(c, false);
  return {
    ...shared,
    width,
    projections: { hiddenSize, mixed: [['i', width], ['f', width]], gate: width, ...(conv && { conv }), activation: 'none' },
    bounded,
    affine: c.boolean('elementwise_affine', { default: true }),
  };
}

const sharedWeights = ({ bounded, attention, width }: HgrnConfig) => ({ lowerBounds: lowerBounds(attention.length, width, bounded) });

const mixerWeights = (prefix: string, c: HgrnConfig) => ({
  ...projectionWeights(prefix, c.projections),
  ...outputWeights(prefix, 'g_norm', 1, c.width, c.hiddenSize, c.affine),
});

function mixer(ops: Ops, normed: Tensor, residual: Tensor, w: Loaded<ReturnType<typeof mixerWeights>>, c: HgrnConfig, { layer, shared }: { readonly layer: number; readonly shared: Loaded<ReturnType<typeof sharedWeights>> }): Tensor {
  const { mixed, gate } = project(ops, normed, w, c.projections);
  const read = ops.hgrn(mixed, { state: { kind: 'diagonal', channels: c.width, stateSize: 1 }, columns: { input: 0, forget: c.width }, lowerBounds: shared.lowerBounds, layer });
  return mixerOutput(ops, read, gate, residual, w, { heads: 1, eps: c.eps });
}

/** HGRN (Qin et al. 2023, arXiv:2311.04823), as flash-linear-attention stores it: a state of one number a channel, which a gate forgets as it takes in. */
export const hgrn = flaModel({ parse, sharedWeights, mixerWeights, mixer });
