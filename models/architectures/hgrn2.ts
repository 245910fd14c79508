import type { Ops, Tensor } from '../../engine/ops/vocabulary.ts';
import type { ConfigReader } from '../config/config-reader.ts';
import { computed, matrix, vector, type Loaded } from '../weights/spec.ts';
import { lowerBounds } from './fla-bounds.ts';
import { flaConfig, MAX_KEY_DIM, type FlaConfig } from './fla-config.ts';
import { project, projectionWeights, readConvolution, type Projections } from './fla-mixer.ts';
import { flaModel } from './fla-model.ts';

interface Hgrn2Config extends FlaConfig {
  readonly heads: number;
  /** `expand_ratio`: of q and the forget gate. */
  readonly keyDim: number;
  /** Of the input. */
  readonly valueDim: number;
  readonly projections: Projections;
  /** Whether layers after the first have bounds below which no channel forgets. */
  readonly bounded: boolean;
  readonly affine: boolean;
}

function parse(c: ConfigReader): Hgrn2Config {
  const shared = flaConfig(c, { layers: 24 });
  const { hiddenSize } = shared;
  // null leaves the choice to `num_heads`, which counts for nothing otherwise.
  const ratio = c.keys().includes('expand_ratio') ? c.optionalInteger('expand_ratio', { min: 1, max: hiddenSize }) : 128;
  const heads = ratio === undefined ? c.integer('num_heads', { min: 1, max: hiddenSize }) : Math.floor(hiddenSize / ratio);
  const key = ratio === undefined ? 'num_heads' : 'expand_ratio';
  if (heads === 0 || hiddenSize % heads !== 0) throw c.error(key, `what divides the hidden size (${hiddenSize}) among heads`);
  const keyDim = ratio ?? hiddenSize / heads;
  if (heads * keyDim !== hiddenSize || keyDim % 4 !== 0 || keyDim > MAX_KEY_DIM) throw c.error(key, `what makes heads of a multiple of 4 elements, ${MAX_KEY_DIM} at most, of the hidden size (${hiddenSize})`);
  const conv = readConvolution(c, false);
  return {
    ...shared,
    heads,
    keyDim,
    valueDim: hiddenSize / heads,
    projections: { hiddenSize, mixed: [['q', hiddenSize], ['f', hiddenSize], ['i', hiddenSize]], gate: 0, ...(conv && { conv }), activation: 'none' },
    bounded: c.boolean('use_lower_bound', { default: true }),
    affine: c.boolean('elementwise_affine', { default: true }),
  };
}

const sharedWeights = ({ bounded, attention, hiddenSize }: Hgrn2Config) => ({ lowerBounds: lowerBounds(attention.length, hiddenSize, bounded) });

function mixerWeights(prefix: string, c: Hgrn2Config) {
  const norm = `${prefix}.g_norm.weight`;
  return {
    ...projectionWeights(prefix, c.projections),
    norm: c.affine ? vector(norm, c.hiddenSize) : computed(norm, new Float32Array(c.hiddenSize).fill(1)),
    output: matrix(`${prefix}.o_proj.weight`, c.hiddenSize, c.hiddenSize),
  };
}

/** Of the norm behind the mixer, whatever the config says: fla's layer does not hand `norm_eps` to its kernel. */
const OUTPUT_EPS = 1e-5;

function mixer(ops: Ops, normed: Tensor, residual: Tensor, w: Loaded<ReturnType<typeof mixerWeights>>, c: Hgrn2Config, { layer, shared }: { readonly layer: number; readonly shared: Loaded<ReturnType<typeof sharedWeights>> }): Tensor {
  const { heads, keyDim, valueDim, hiddenSize } = c;
  const { mixed } = project(ops, normed, w, c.projections);
  const operands = ops.arrangeHeads(mixed, [{ column: 0, heads, dim: keyDim, activation: 'silu' }, { column: 2 * hiddenSize, heads, dim: valueDim }]);
  const read = ops.linearAttention(operands, {
    state: { kind: 'recurrent', heads, keyDim, valueDim },
    keyHeads: heads,
    // There is no k.
    columns: { q: 0, k: 0, v: hiddenSize },
    normalised: false,
    scale: keyDim ** -0.5,
    gating: { kind: 'hgrn2', decay: { tensor: mixed, column: hiddenSize }, lowerBounds: shared.lowerBounds, layer },
  });
  return ops.linear(ops.rmsNorm(read, w.norm, OUTPUT_EPS), w.output, { residual });
}

/** HGRN-2 (Qin et al. 2024, arXiv:2404.07904), as flash-linear-attention stores it: a forget gate, whose complement takes the place of a key. */
export const hgrn2 = flaModel({ parse, sharedWeights, mixerWeights, mixer });
