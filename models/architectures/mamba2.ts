import type { Ops, Tensor } from '../../engine/ops/vocabulary.ts';
import type { ConfigReader } from '../config/config-reader.ts';
import { matrix, vector, type Loaded } from '../weights/spec.ts';
import { register, type ModelDimensions } from './architecture.ts';
import { headGroups, layerCount, stateDimension, vocabularySize } from './dimensions.ts';
import { timeStepLimit } from './mamba2-config.ts';
import { mamba2Mixer, mamba2Scalings, mamba2Weights, type Mamba2Config } from './mamba2-mixer.ts';
import type { Scaling } from './scaling.ts';

interface Mamba2ModelConfig extends ModelDimensions {
  readonly layers: number;
  readonly mixer: Mamba2Config;
  readonly eps: number;
  readonly tied: boolean;
}

/** What configs of flash-linear-attention, whose `model_type` is the same, say in keys of their own (fla/models/mamba2). */
interface FlaKeys {
  readonly limitKey: 'dt_limit' | 'time_step_limit';
  /** Behind the mixer. */
  readonly norm: boolean;
  /** The norm is of each group by itself. */
  readonly byGroup: boolean;
  readonly order: 'norm-first' | 'gate-first';
}

/** Undefined for a config of transformers. `norm_eps` is fla's; until its version 0.5 it had one norm for all groups, and no `dt_limit`. */
function readFla(c: ConfigReader): FlaKeys | undefined {
  if (!c.has('norm_eps')) return undefined;
  if (!c.has('dt_limit')) return { limitKey: 'time_step_limit', norm: true, byGroup: false, order: 'gate-first' };
  if (c.boolean('D_has_hdim', { default: false })) throw c.error('D_has_hdim', 'false: a D for each element of a head is not supported');
  return { limitKey: 'dt_limit', norm: c.boolean('rmsnorm', { default: true }), byGroup: true, order: c.boolean('norm_before_gate', { default: false }) ? 'norm-first' : 'gate-first' };
}

function parse(c: ConfigReader): Mamba2ModelConfig {
  c.oneOf('hidden_act', ['silu', 'swish'], { default: 'silu' });
  const hiddenSize = c.integer('hidden_size', { min: 1, default: 4096 });
  const heads = c.integer('num_heads', { min: 1, default: 128 });
  const headDim = stateDimension(c, 'head_dim', { default: 64 });
  const width = Math.trunc(c.number('expand', { min: 0, default: 2 }) * hiddenSize);
  if (heads * headDim !== width) throw c.error('num_heads', `the mixer's width (${width}) over head_dim (${headDim})`);
  const fla = readFla(c);
  const eps = c.number(fla ? 'norm_eps' : 'layer_norm_epsilon', { min: 0, default: 1e-5 });
  const groups = headGroups(c, 'n_groups', heads, { default: fla ? 1 : 8 });
  return {
    vocabularySize: vocabularySize(c),
    // A state holds a text of any length, and what the checkpoint was trained on is not in its config.
    maxPositions: Infinity,
    layers: layerCount(c),
    mixer: {
      hiddenSize,
      heads,
      headDim,
      groups,
      stateSize: stateDimension(c, 'state_size', { default: 128 }),
      convKernel: c.integer('conv_kernel', { min: 2, default: 4 }),
      convBias: c.boolean('use_conv_bias', { default: true }),
      projectionBias: c.boolean('use_bias', { default: false }),
      limits: timeStepLimit(c, fla?.limitKey),
      // But for newer versions of fla over the whole width, however many groups share B and C.
      ...((fla?.norm ?? true) && { norm: { groups: fla?.byGroup ? groups : 1, eps, order: fla?.order ?? 'gate-first' } }),
    },
    eps,
    tied: c.boolean('tie_word_embeddings', { default: false }),
  };
}

function weights({ vocabularySize: vocabulary, layers, mixer, tied }: Mamba2ModelConfig) {
  return {
    embedding: matrix('backbone.embeddings.weight', vocabulary, mixer.hiddenSize, { role: 'embedding' }),
    layers: Array.from({ length: layers }, (_, i) => ({
      norm: vector(`backbone.layers.${i}.norm.weight`, mixer.hiddenSize),
      mixer: mamba2Weights(`backbone.layers.${i}.mixer`, mixer),
    })),
    norm: vector('backbone.norm_f.weight', mixer.hiddenSize),
    head: tied ? undefined : matrix('lm_head.weight', vocabulary, mixer.hiddenSize, { role: 'embedding' }),
  };
}

function scalings({ layers, mixer }: Mamba2ModelConfig): Scaling[] {
  return Array.from({ length: layers }, (_, i) => mamba2Scalings(`backbone.layers.${i}.mixer`, `backbone.layers.${i}.norm.weight`, mixer)).flat();
}

function forward(ops: Ops, w: Loaded<ReturnType<typeof weights>>, { mixer, eps }: Mamba2ModelConfig): Tensor {
  let x = ops.embedding(w.embedding);
  for (const layer of w.layers) x = mamba2Mixer(ops, ops.rmsNorm(x, layer.norm, eps), layer.mixer, mixer, { residual: x });
  return ops.linear(ops.rmsNorm(ops.outputRows(x), w.norm, eps), w.head ?? w.embedding);
}

/** The authors' own checkpoints say `embedding`; a tied head that was saved all the same is not read. */
function canonicalName(name: string, { tied }: Mamba2ModelConfig): string | undefined {
  if (tied && name === 'lm_head.weight') return undefined;
  return name.replace(/^backbone\.embedding\./, 'backbone.embeddings.');
}

/** Mamba-2 (Dao & Gu 2024, arXiv:2405.21060): nothing but mixers, as transformers or flash-linear-attention store it. */
export const mamba2 = register({ parse, weights, canonicalName, scalings, forward });
