import type { Ops, Tensor } from '../../engine/ops/vocabulary.ts';
import type { ConfigReader } from '../config/config-reader.ts';
import { matrix, vector, type Loaded } from '../weights/spec.ts';
import { register, type RegisteredArchitecture } from './architecture.ts';
import { flaAttention, flaAttentionWeights } from './fla-attention.ts';
import type { FlaConfig } from './fla-config.ts';
import { mlp, mlpScalings, mlpWeights } from './mlp.ts';
import { transformerName } from './transformer.ts';

/** A norm that fla's models no longer have and some published DeltaNets do. */
const UNREAD = /^model\.layers\.\d+\.attn\.norm\.weight$/;

/** What a family of flash-linear-attention decides for itself. */
export interface FlaFamily<Config extends FlaConfig, Specs extends object, Shared extends object> {
  /** Throws `ConfigError` naming the key. */
  readonly parse: (c: ConfigReader) => Config;
  /** What the mixers of all layers share; `context`: the length of rotary tables. Absent: nothing. */
  readonly sharedWeights?: (c: Config, context: number) => Shared;
  /** Weights of the mixer under `prefix`. */
  readonly mixerWeights: (prefix: string, c: Config) => Specs;
  /** residual + the mixer of `normed`. */
  readonly mixer: (ops: Ops, normed: Tensor, residual: Tensor, w: Loaded<Specs>, c: Config, among: { readonly layer: number; readonly shared: Loaded<Shared> }) => Tensor;
}

function flaWeights<Config extends FlaConfig, Specs extends object, Shared extends object>({ mixerWeights, sharedWeights }: FlaFamily<Config, Specs, Shared>, c: Config, context: number) {
  const attending = flaAttentionWeights(c.attention, context);
  return {
    embedding: matrix('model.embeddings.weight', c.vocabularySize, c.hiddenSize, { role: 'embedding' }),
    layers: attending.map((attention, i) => ({
      mixerNorm: vector(`model.layers.${i}.attn_norm.weight`, c.hiddenSize),
      attention,
      mixer: attention ? undefined : mixerWeights(`model.layers.${i}.attn`, c),
      mlpNorm: vector(`model.layers.${i}.mlp_norm.weight`, c.hiddenSize),
      mlp: mlpWeights(`model.layers.${i}.mlp`, c.hiddenSize, c.intermediateSize, false),
    })),
    shared: sharedWeights?.(c, context),
    norm: vector('model.norm.weight', c.hiddenSize),
    head: c.tied ? undefined : matrix('lm_head.weight', c.vocabularySize, c.hiddenSize, { role: 'embedding' }),
  };
}

function flaForward<Config extends FlaConfig, Specs extends object, Shared extends object>({ mixer }: FlaFamily<Config, Specs, Shared>, ops: Ops, w: Loaded<ReturnType<typeof flaWeights<Config, Specs, Shared>>>, c: Config): Tensor {
  let x = ops.embedding(w.embedding);
  w.layers.forEach((layer, i) => {
    const normed = ops.rmsNorm(x, layer.mixerNorm, c.eps);
    const attending = c.attention[i];
    if (attending && layer.attention) x = flaAttention(ops, normed, x, layer.attention, attending);
    else if (layer.mixer) x = mixer(ops, normed, x, layer.mixer as Loaded<Specs>, c, { layer: i, shared: w.shared as Loaded<Shared> });
    x = mlp(ops, ops.rmsNorm(x, layer.mlpNorm, c.eps), x, layer.mlp);
  });
  return ops.linear(ops.rmsNorm(ops.outputRows(x), w.norm, c.eps), w.head ?? w.embedding);
}

/** A model of flash-linear-attention (https://github.com/fla-org/flash-linear-attention, fla/models): blocks of a mixer and a gated MLP, each behind an RMSNorm; some may attend. */
export const flaModel = <Config extends FlaConfig, Specs extends object, Shared extends object = object>(family: FlaFamily<Config, Specs, Shared>): RegisteredArchitecture =>
  register<Config, ReturnType<typeof flaWeights<Config, Specs, Shared>>>({
    parse: family.parse,
    weights: (c, context) => flaWeights(family, c, context),
    canonicalName: (name, c) => (UNREAD.test(name) ? undefined : transformerName(name, c)),
    scalings: ({ attention: layers, hiddenSize, intermediateSize }) => layers.flatMap((_, i) => mlpScalings(`model.layers.${i}.mlp`, `model.layers.${i}.mlp_norm.weight`, hiddenSize, intermediateSize, false)),
    forward: (ops, w, c) => flaForward(family, ops, w, c),
  });
