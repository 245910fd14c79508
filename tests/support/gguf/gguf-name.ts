import type { HubConfig } from './hub-checkpoint.ts';

/** Names by `tensor_mapping.py`, without `.weight` and `.bias`; in `model.layers.N.` and `blk.N.` where they begin with a dot. */
const NAMES: Readonly<Record<string, string>> = {
  'model.embed_tokens': 'token_embd',
  'model.norm': 'output_norm',
  lm_head: 'output',
  '.input_layernorm': '.attn_norm',
  '.self_attn.q_proj': '.attn_q',
  '.self_attn.k_proj': '.attn_k',
  '.self_attn.v_proj': '.attn_v',
  '.self_attn.o_proj': '.attn_output',
  '.self_attn.q_norm': '.attn_q_norm',
  '.self_attn.k_norm': '.attn_k_norm',
  '.post_attention_layernorm': '.ffn_norm',
  '.mlp.gate_proj': '.ffn_gate',
  '.mlp.up_proj': '.ffn_up',
  '.mlp.down_proj': '.ffn_down',
};

const QWEN35_NAMES: Readonly<Record<string, string>> = {
  ...NAMES,
  // From models that have one after the attention.
  '.post_attention_layernorm': '.post_attention_norm',
  '.linear_attn.in_proj_qkv': '.attn_qkv',
  '.linear_attn.in_proj_z': '.attn_gate',
  '.linear_attn.in_proj_a': '.ssm_alpha',
  '.linear_attn.in_proj_b': '.ssm_beta',
  '.linear_attn.conv1d': '.ssm_conv1d',
  '.linear_attn.A_log': '.ssm_a',
  '.linear_attn.dt_bias': '.ssm_dt.bias',
  '.linear_attn.norm': '.ssm_norm',
  '.linear_attn.out_proj': '.ssm_out',
};

/** Of mixtures of experts, whose tensors `stackExperts` has gone over. */
const EXPERT_NAMES: Readonly<Record<string, string>> = {
  '.mlp.experts.gate_proj': '.ffn_gate_exps',
  '.mlp.experts.up_proj': '.ffn_up_exps',
  '.mlp.experts.down_proj': '.ffn_down_exps',
};

const QWEN3_MOE_NAMES: Readonly<Record<string, string>> = { ...NAMES, ...EXPERT_NAMES, '.mlp.gate': '.ffn_gate_inp' };

const GPT_OSS_NAMES: Readonly<Record<string, string>> = {
  ...NAMES,
  ...EXPERT_NAMES,
  '.post_attention_layernorm': '.post_attention_norm',
  '.self_attn.sinks': '.attn_sinks.weight',
  '.mlp.router': '.ffn_gate_inp',
};

const GPT2_NAMES: Readonly<Record<string, string>> = {
  wte: 'token_embd',
  wpe: 'position_embd',
  ln_f: 'output_norm',
  lm_head: 'output',
  '.ln_1': '.attn_norm',
  '.ln_2': '.ffn_norm',
  '.attn.c_attn': '.attn_qkv',
  '.attn.c_proj': '.attn_output',
  '.mlp.c_fc': '.ffn_up',
  '.mlp.c_proj': '.ffn_down',
};

const NAMES_OF = { gpt2: GPT2_NAMES, llama: NAMES, smollm3: NAMES, qwen2: NAMES, qwen3: NAMES, qwen3_5_text: QWEN35_NAMES, qwen3_moe: QWEN3_MOE_NAMES, gpt_oss: GPT_OSS_NAMES } as const;

/** A tensor's name in a file by its name on the Hub. Throws for one that llama.cpp does not know. */
export function ggufName(name: string, config: HubConfig): string {
  const [, layer, part, suffix = ''] = /^(?:model\.layers|transformer\.h|h)\.(\d+)(\..*?)(\.weight|\.bias)?$/.exec(name) ?? [];
  const [, whole, wholeSuffix = ''] = /^(?:transformer\.)?(.*?)(\.weight|\.bias)?$/.exec(name) ?? [];
  const known = NAMES_OF[config.model_type][part ?? whole];
  if (known === undefined) throw new Error(`there is no place in a GGUF file for ${name}`);
  return layer === undefined ? known + wholeSuffix : `blk.${layer}${known}${suffix}`;
}
