import type { Ops, Tensor } from '../../engine/ops/vocabulary.ts';
import type { ConfigReader } from '../config/config-reader.ts';
import { matrix, vector, type Loaded } from '../weights/spec.ts';
import type { StoredModules } from '../weights/stored-modules.ts';
import { register, type ModelDimensions } from './architecture.ts';
import { attention, attentionScalings, attentionWeights, type AttentionConfig } from './attention.ts';
import { vocabularySize } from './dimensions.ts';
import type { Experts } from './experts.ts';
import { layerKinds, nemotronAttention, nemotronExperts, nemotronMamba, type LayerKind } from './nemotron-config.ts';
import { mamba2Mixer, mamba2Scalings, mamba2Weights, type Mamba2Config } from './mamba2-mixer.ts';
import { normScaling, type Scaling } from './scaling.ts';

interface NemotronHConfig extends ModelDimensions {
  readonly hiddenSize: number;
  readonly eps: number;
  readonly layers: readonly LayerKind[];
  readonly attention: AttentionConfig;
  readonly mamba: Mamba2Config;
  readonly intermediateSize: number;
  readonly mlpBias: boolean;
  /** Absent where no layer has any. */
  readonly experts: Experts | undefined;
  readonly tied: boolean;
}

function parse(c: ConfigReader): NemotronHConfig {
  c.oneOf('mlp_hidden_act', ['relu2'], { default: 'relu2' });
  c.oneOf('mamba_hidden_act', ['silu'], { default: 'silu' });
  const hiddenSize = c.integer('hidden_size', { min: 1, default: 4096 });
  const eps = c.number('layer_norm_epsilon', { min: 0, default: 1e-5 });
  const layers = layerKinds(c);
  const mlpBias = c.boolean('mlp_bias', { default: false });
  if (mlpBias && layers.includes('moe')) throw c.error('mlp_bias', 'false: biases beside experts are not supported');
  return {
    vocabularySize: vocabularySize(c),
    maxPositions: c.integer('max_position_embeddings', { min: 1, default: 4096 }),
    hiddenSize,
    eps,
    layers,
    attention: nemotronAttention(c, hiddenSize, eps),
    mamba: nemotronMamba(c, hiddenSize, eps),
    intermediateSize: c.integer('intermediate_size', { min: 1, default: 21_504 }),
    mlpBias,
    experts: layers.includes('moe') ? nemotronExperts(c) : undefined,
    tied: c.boolean('tie_word_embeddings', { default: false }),
  };
}

function mlpWeights(prefix: string, { hiddenSize, intermediateSize, mlpBias }: NemotronHConfig) {
  return {
    up: matrix(`${prefix}.up_proj.weight`, intermediateSize, hiddenSize),
    upBias: mlpBias ? vector(`${prefix}.up_proj.bias`, intermediateSize) : undefined,
    down: matrix(`${prefix}.down_proj.weight`, hiddenSize, intermediateSize),
    downBias: mlpBias ? vector(`${prefix}.down_proj.bias`, hiddenSize) : undefined,
  };
}

/** residual + down(max(up, 0)²) (So et al. 2021, arXiv:2109.08668). */
function mlp(ops: Ops, normed: Tensor, residual: Tensor, w: Loaded<ReturnType<typeof mlpWeights>>): Tensor {
  const hidden = ops.linear(normed, w.up, { activation: 'relu2', ...(w.upBias && { bias: w.upBias }) });
  return ops.linear(hidden, w.down, { residual, ...(w.downBias && { bias: w.downBias }) });
}

function weights(c: NemotronHConfig, _context: number, stored: StoredModules) {
  return {
    embedding: matrix('backbone.embeddings.weight', c.vocabularySize, c.hiddenSize, { role: 'embedding' }),
    layers: c.layers.map((kind, i) => {
      const prefix = `backbone.layers.${i}.mixer`;
      return {
        norm: vector(`backbone.layers.${i}.norm.weight`, c.hiddenSize),
        mamba: kind === 'mamba' ? mamba2Weights(prefix, c.mamba) : undefined,
        attention: kind === 'attention' ? attentionWeights(prefix, c.attention) : undefined,
        mlp: kind === 'mlp' ? mlpWeights(prefix, c) : undefined,
        experts: kind === 'moe' ? c.experts?.weights(prefix, c.hiddenSize, stored) : undefined,
      };
    }),
    norm: vector('backbone.norm_f.weight', c.hiddenSize),
    head: c.tied ? undefined : matrix('lm_head.weight', c.vocabularySize, c.hiddenSize, { role: 'embedding' }),
  };
}

/** Of layers with experts nothing is known; a factor does not pass through a square. */
function scalings(c: NemotronHConfig): Scaling[] {
  return c.layers.flatMap((kind, i) => {
    const [prefix, norm] = [`backbone.layers.${i}.mixer`, `backbone.layers.${i}.norm.weight`];
    if (kind === 'mamba') return mamba2Scalings(prefix, norm, c.mamba);
    if (kind === 'attention') return attentionScalings(prefix, norm, c.attention);
    return kind === 'mlp' ? [normScaling(norm, [`${prefix}.up_proj.weight`], c.hiddenSize)] : [];
  });
}

function forward(ops: Ops, w: Loaded<ReturnType<typeof weights>>, c: NemotronHConfig): Tensor {
  let x = ops.embedding(w.embedding);
  for (const layer of w.layers) {
    const normed = ops.rmsNorm(x, layer.norm, c.eps);
    if (layer.mamba) x = mamba2Mixer(ops, normed, layer.mamba, c.mamba, { residual: x });
    else if (layer.attention) x = attention(ops, normed, x, layer.attention, c.attention, {});
    else if (layer.mlp) x = mlp(ops, normed, x, layer.mlp);
    else if (layer.experts && c.experts) x = c.experts.forward(ops, normed, x, layer.experts);
  }
  return ops.linear(ops.rmsNorm(ops.outputRows(x), w.norm, c.eps), w.head ?? w.embedding);
}

/** The heads that predict further tokens are not read; the backbone has one name on the Hub and may have another in what transformers saves. */
function canonicalName(name: string, { tied }: NemotronHConfig): string | undefined {
  if (name.startsWith('mtp.') || (tied && name === 'lm_head.weight')) return undefined;
  return name.replace(/^model\./, 'backbone.');
}

/** Nemotron-H (NVIDIA, arXiv:2504.03624): each layer is a Mamba-2 mixer, softmax attention without rotation, an MLP, or experts. */
export const nemotronH = register({ parse, weights, canonicalName, scalings, forward });
