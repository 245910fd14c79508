import { expect, test } from 'vitest';
import type { HubConfig } from './hub-checkpoint.ts';
import { placeTensor } from './place-tensor.ts';
import { tinyModel } from './tiny-models.ts';

const { config: llama } = tinyModel('llama', 1);
const { config: grouped } = tinyModel('qwen35-grouped', 1);

/** Which elements of the Hub's tensor the first places of the file hold. */
const orderOf = (name: string, shape: readonly number[], config: HubConfig): number[] => {
  const { order } = placeTensor(name, shape, config);
  return Array.from({ length: shape.reduce((product, size) => product * size, 1) }, (_, i) => order(i));
};

test("the halves of Llama's heads are interleaved, in q and k alone", () => {
  const config = { ...llama, head_dim: 4 };
  expect(orderOf('model.layers.0.self_attn.q_proj.weight', [8, 1], config)).toEqual([0, 2, 1, 3, 4, 6, 5, 7]);
  expect(orderOf('model.layers.0.self_attn.k_proj.weight', [4, 2], config)).toEqual([0, 1, 4, 5, 2, 3, 6, 7]);
  expect(orderOf('model.layers.0.self_attn.v_proj.weight', [4, 1], config)).toEqual([0, 1, 2, 3]);
});

test('value heads come by their place in the group', () => {
  // Two key heads with three value heads each, of two elements; q and k of one.
  const config = { ...grouped, linear_num_key_heads: 2, linear_num_value_heads: 6, linear_key_head_dim: 1, linear_value_head_dim: 2 };
  const place = (name: string, ...shape: number[]): number[] => orderOf(`model.layers.0.linear_attn.${name}`, shape, config);
  expect(place('A_log', 6)).toEqual([0, 3, 1, 4, 2, 5]);
  expect(place('in_proj_b.weight', 6, 1)).toEqual([0, 3, 1, 4, 2, 5]);
  const values = [0, 1, 6, 7, 2, 3, 8, 9, 4, 5, 10, 11];
  expect(place('in_proj_z.weight', 12, 1)).toEqual(values);
  expect(place('out_proj.weight', 1, 12)).toEqual(values);
  expect(place('in_proj_qkv.weight', 16, 1)).toEqual([0, 1, 2, 3, ...values.map((i) => i + 4)]);
  expect(place('conv1d.weight', 16, 1, 1)).toEqual([0, 1, 2, 3, ...values.map((i) => i + 4)]);
  expect(place('norm.weight', 2)).toEqual([0, 1]);
});

test('what Qwen3.5 stores otherwise', () => {
  const mapped = (name: string, value: number): number => placeTensor(name, [1], grouped).map(value);
  expect(mapped('model.norm.weight', 0.5)).toBe(1.5);
  expect(mapped('model.layers.3.self_attn.q_norm.weight', 0.5)).toBe(1.5);
  expect(mapped('model.layers.0.linear_attn.norm.weight', 0.5)).toBe(0.5);
  expect(mapped('model.layers.0.linear_attn.A_log', 0)).toBe(-1);
  expect(placeTensor('model.layers.0.linear_attn.conv1d.weight', [8, 1, 4], grouped)).toMatchObject({ name: 'blk.0.ssm_conv1d.weight', shape: [8, 4], quantised: false });
  expect(placeTensor('model.layers.0.post_attention_layernorm.weight', [8], grouped).name).toBe('blk.0.post_attention_norm.weight');
  expect(placeTensor('model.layers.0.post_attention_layernorm.weight', [8], llama).name).toBe('blk.0.ffn_norm.weight');
});

test('a tensor without a place is an error', () => {
  expect(() => placeTensor('model.layers.0.self_attn.g_proj.weight', [1, 1], llama)).toThrow('self_attn.g_proj');
});

test("biases follow their rows, and GPT-2's matrices are turned round", () => {
  const config = { ...llama, head_dim: 4 };
  expect(orderOf('model.layers.0.self_attn.q_proj.bias', [4], config)).toEqual([0, 2, 1, 3]);
  expect(placeTensor('model.layers.1.mlp.down_proj.bias', [8], llama)).toMatchObject({ name: 'blk.1.ffn_down.bias', quantised: false });
  const gpt2 = { model_type: 'gpt2', vocab_size: 8, tie_word_embeddings: true, n_embd: 2, n_head: 1, n_layer: 1, n_positions: 4, layer_norm_epsilon: 1e-5 } as const;
  expect(orderOf('transformer.h.0.mlp.c_fc.weight', [2, 3], gpt2)).toEqual([0, 3, 1, 4, 2, 5]);
  expect(placeTensor('h.0.mlp.c_fc.weight', [2, 3], gpt2)).toMatchObject({ name: 'blk.0.ffn_up.weight', shape: [3, 2], quantised: true });
  expect(placeTensor('transformer.wpe.weight', [4, 2], gpt2)).toMatchObject({ name: 'position_embd.weight', shape: [4, 2], quantised: false });
});
