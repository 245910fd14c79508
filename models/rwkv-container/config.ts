import type { JsonObject } from '../checkpoint/checkpoint.ts';
import { MissingTensorError } from '../errors/missing-tensor-error.ts';
import { UnsupportedModelError } from '../errors/unsupported-model-error.ts';
import type { RwkvContainer } from './read-container.ts';

/** Tensors that only older generations have, which rwkv.cpp tells apart by them too (rwkv_model_loading.inc); of several the first. */
const OLDER: readonly (readonly [tensor: string, model: string])[] = [
  ['blocks.0.att.time_maa_x', 'rwkv6'],
  ['blocks.0.att.ln_x.weight', 'rwkv5'],
  ['blocks.0.att.time_decay', 'rwkv4'],
];

/**
 * What the config.json of this model would say, from the shapes of the first block's tensors: the container's own header has three numbers.
 *
 * @throws UnsupportedModelError for generations before RWKV-7; MissingTensorError
 */
export function containerConfig({ vocabularySize, hiddenSize, layers, tensors }: RwkvContainer, file: string): JsonObject {
  if (!tensors.has('blocks.0.att.k_k')) {
    const older = OLDER.find(([tensor]) => tensors.has(tensor));
    if (older) throw new UnsupportedModelError(older[1], ['rwkv7']);
  }
  /** Rows of a tensor, the last dimension but `from`. */
  const size = (name: string, from: number): number => {
    const shape = tensors.get(name)?.shape;
    if (!shape) throw new MissingTensorError(name, [], file);
    return shape.at(from) ?? 0;
  };
  return {
    model_type: 'rwkv7',
    vocab_size: vocabularySize,
    hidden_size: hiddenSize,
    num_hidden_layers: layers,
    head_dim: size('blocks.0.att.r_k', -1),
    decay_low_rank_dim: size('blocks.0.att.w1', -2),
    a_low_rank_dim: size('blocks.0.att.a1', -2),
    gate_low_rank_dim: size('blocks.0.att.g1', -2),
    // The first layer has none.
    v_low_rank_dim: layers > 1 ? size('blocks.1.att.v1', -2) : 1,
    intermediate_size: size('blocks.0.ffn.key.weight', -2),
    norm_first: true,
    norm_bias: true,
    norm_eps: 1e-5,
    // κ is divided by its length, to which nothing is added.
    fuse_norm: false,
    tie_word_embeddings: false,
  };
}
