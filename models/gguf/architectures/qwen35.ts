import type { JsonObject } from '../../checkpoint/checkpoint.ts';
import type { StoredAs } from '../../checkpoint/stored-as.ts';
import type { ConfigReader } from '../../config/config-reader.ts';
import { inverse, lazyOrder, tiledHeads } from '../head-order.ts';
import type { ParsedName } from '../tensor-names.ts';
import type { GgufArchitecture, GgufModel } from './architecture.ts';
import { denseConfig, denseNames } from './dense.ts';

const names = {
  ...denseNames,
  layer: {
    ...denseNames.layer,
    post_attention_norm: 'post_attention_layernorm',
    attn_qkv: 'linear_attn.in_proj_qkv',
    attn_gate: 'linear_attn.in_proj_z',
    ssm_beta: 'linear_attn.in_proj_b',
    ssm_alpha: 'linear_attn.in_proj_a',
    ssm_conv1d: 'linear_attn.conv1d',
    'ssm_dt.bias': 'linear_attn.dt_bias',
    ssm_a: 'linear_attn.A_log',
    ssm_norm: 'linear_attn.norm',
    ssm_out: 'linear_attn.out_proj',
  },
};

function config(model: GgufModel): JsonObject {
  const { keys } = model;
  const dense = denseConfig(model, 'qwen3_5_text');
  const blocks = keys.integer('block_count', { min: 1 });
  const valueHeads = keys.integer('ssm.time_step_rank', { min: 1 });
  const values = keys.integer('ssm.inner_size', { min: 1 });
  if (values % valueHeads !== 0) throw keys.error('ssm.inner_size', `a multiple of ssm.time_step_rank (${valueHeads})`);
  const layers = blocks - keys.integer('nextn_predict_layers', { max: blocks - 1, default: 0 });
  return {
    ...dense,
    num_hidden_layers: layers,
    linear_conv_kernel_dim: keys.integer('ssm.conv_kernel', { min: 2 }),
    linear_key_head_dim: keys.integer('ssm.state_size', { min: 1 }),
    linear_num_key_heads: keys.integer('ssm.group_count', { min: 1 }),
    linear_num_value_heads: valueHeads,
    linear_value_head_dim: values / valueHeads,
    full_attention_interval: keys.integer('full_attention_interval', { min: 1, default: 4 }),
    ...layerTypes(keys, layers),
  };
}

/** Newer files may list which layers are recurrent; the others attend fully. */
function layerTypes(keys: ConfigReader, layers: number): JsonObject {
  const recurrent = keys.optionalArray('attention.recurrent_layers');
  return recurrent ? { layer_types: recurrent.slice(0, layers).map((is) => (is ? 'linear_attention' : 'full_attention')) } : {};
}

/** All norms but the mixer's own multiply by 1 + w, which the converter bakes in. */
const PLUS_ONE = /^(output_norm|attn_norm|post_attention_norm|attn_q_norm|attn_k_norm)\.weight$/;
const minusOne = (value: number): number => value - 1;
/** Stored as −exp(A_log). */
const logOfNegated = (value: number): number => Math.log(-value);

function stored(json: JsonObject): (name: ParsedName, shape: readonly number[]) => StoredAs | undefined {
  const [keyHeads, valueHeads, keyDim, valueDim] = ['linear_num_key_heads', 'linear_num_value_heads', 'linear_key_head_dim', 'linear_value_head_dim'].map((key) => Number(json[key]));
  const before = 2 * keyHeads * keyDim;
  const values = valueHeads * valueDim;
  const gateOrder = lazyOrder(valueHeads, () => tiledHeads(keyHeads, valueHeads, 1));
  const valueOrder = lazyOrder(values, () => tiledHeads(keyHeads, valueHeads, valueDim));
  const channelOrder = lazyOrder(before + values, () => tiledHeads(keyHeads, valueHeads, valueDim, before));
  const inputOrder = lazyOrder(values, () => inverse(tiledHeads(keyHeads, valueHeads, valueDim)));
  // With as many value heads as key heads both orders are the same.
  const rows = (order: Uint32Array | undefined): StoredAs | undefined => (order && keyHeads !== valueHeads ? { rows: order } : undefined);
  return ({ part }, [size, inputs]) => {
    if (PLUS_ONE.test(part)) return { restore: minusOne };
    switch (part) {
      case 'attn_qkv.weight':
      case 'ssm_conv1d.weight':
        return rows(channelOrder(size));
      case 'attn_gate.weight':
        return rows(valueOrder(size));
      case 'ssm_beta.weight':
      case 'ssm_alpha.weight':
      case 'ssm_dt.bias':
        return rows(gateOrder(size));
      case 'ssm_a':
        return { ...rows(gateOrder(size)), restore: logOfNegated };
      case 'ssm_out.weight': {
        const columns = keyHeads === valueHeads ? undefined : inputOrder(inputs);
        return columns && { columns };
      }
      default:
        return undefined;
    }
  };
}

/** conversion/qwen.py (`Qwen3NextModel` and what builds on it) and src/models/qwen35.cpp of llama.cpp. */
export const qwen35: GgufArchitecture = {
  names,
  config,
  stored,
  // [channels, kernel] for the Hub's [channels, 1, kernel].
  shape: ({ part }, shape) => (part === 'ssm_conv1d.weight' && shape.length === 2 ? [shape[0], 1, shape[1]] : shape),
};
