import { MAX_EXPERTS } from '../../../shaders/moe/variant.ts';
import type { JsonObject } from '../../checkpoint/checkpoint.ts';
import type { ConfigReader } from '../../config/config-reader.ts';

/** Names of what each layer has one tensor of for all experts, [experts, rows, inputs] or, of biases, [experts, rows]. */
export const expertNames = {
  ffn_gate_exps: 'mlp.experts.*.gate_proj',
  ffn_up_exps: 'mlp.experts.*.up_proj',
  ffn_down_exps: 'mlp.experts.*.down_proj',
} as const;

/** How many experts there are and a token takes. Throws `ConfigError` naming the file's key. */
export function expertCounts(keys: ConfigReader): JsonObject {
  const count = keys.integer('expert_count', { min: 1, max: MAX_EXPERTS });
  return { num_local_experts: count, num_experts_per_tok: keys.integer('expert_used_count', { min: 1, max: count }) };
}
