import type { JsonObject } from '../../checkpoint/checkpoint.ts';
import type { StoredAs } from '../../checkpoint/stored-as.ts';
import { interleavedHalves, lazyOrder } from '../head-order.ts';
import type { ParsedName } from '../tensor-names.ts';
import type { GgufArchitecture, GgufModel } from './architecture.ts';
import { denseConfig, denseNames } from './dense.ts';

/** Of models whose q and k the converter has reordered: the order is that of whole heads. */
function config(model: GgufModel, modelType: string): JsonObject {
  const made = denseConfig(model, modelType);
  if ('partial_rotary_factor' in made) throw model.keys.error('rope.dimension_count', `the elements of a head (${String(made.head_dim)})`);
  return made;
}

function stored({ num_attention_heads: heads, num_key_value_heads: kvHeads, head_dim: headDim }: JsonObject): (name: ParsedName, shape: readonly number[]) => StoredAs | undefined {
  const order = (count: number, width: number) => lazyOrder(count * width, () => interleavedHalves(count, width));
  const [q, k] = [order(Number(heads), Number(headDim)), order(Number(kvHeads), Number(headDim))];
  return ({ part }, [size]) => {
    const rows = /^attn_q\.(weight|bias)$/.test(part) ? q(size) : /^attn_k\.(weight|bias)$/.test(part) ? k(size) : undefined;
    return rows && { rows };
  };
}

/** conversion/llama.py and src/models/llama.cpp of llama.cpp. Its files hold Mistral models too, which have no windows there either. */
export const llama: GgufArchitecture = {
  names: denseNames,
  config: (model) => {
    if (model.keys.optionalInteger('attention.sliding_window')) throw model.keys.error('attention.sliding_window', '0 or absent: Llama has no sliding windows');
    return config(model, 'llama');
  },
  stored,
};

/** conversion/smollm.py: a Llama; that every fourth layer does not rotate is no key, but a constant of llama.cpp and the config's default. */
export const smollm3: GgufArchitecture = { names: denseNames, config: (model) => ({ ...config(model, 'smollm3'), no_rope_layer_interval: 4 }), stored };
