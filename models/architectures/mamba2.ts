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

function parse(c: ConfigReader): Mamba2ModelConfig {
  c.oneOf('hidden_act', ['silu', 'swish'], { default: 'silu' });
  const hiddenSize = c.integer('hidden_size', { min: 1, default: 4096 });
  const heads = c.integer('num_heads', { min: 1, default: 128 });
  const headDim = stateDimension(c, 'head_dim', { default: 64 });
  const width = Math.trunc(c.number('expand', { min: 0, default: 2 }) * hiddenSize);
  if (heads * headDim !== width) throw c.error('num_heads', `the mixer's width (${width}) over head_dim (${headDim})`);
  const eps = c.number('layer_norm_epsilon', { min: 0, default: 1e-5 });
  return {
    vocabularySize: vocabularySize(c),
    // A state holds a text of any length, and what the checkpoint was trained on is not in its config.
    maxPositions: Infinity,
    layers: layerCount(c),
    mixer: {
      hiddenSize,
      heads,
      headDim,
      groups: headGroups(c, 'n_groups', heads, { default: 8 }),
      stateSize: stateDimension(c, 'state_size', { default: 128 }),
      convKernel: c.integer('conv_kernel', { min: 2, default: 4 }),
      convBias: c.boolean('use_conv_bias', { default: true }),
      projectionBias: c.boolean('use_bias', { default: false }),
      limits: timeStepLimit(c),
      // Over the whole width, however many groups share B and C.
      norm: { groups: 1, eps, order: 'gate-first' },
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

/** Mamba-2 (Dao & Gu 2024, arXiv:2405.21060): nothing but mixers. */
export const mamba2 = register({ parse, weights, canonicalName, scalings, forward });
