import { expect, test } from 'vitest';
import { stackExperts } from './stack-experts.ts';

const tensor = (name: string, shape: readonly number[], ...values: number[]) => ({ name, shape, values: Float32Array.from(values) });

test('the experts of Qwen3-MoE follow one another', () => {
  const others = [tensor('model.layers.0.mlp.gate.weight', [2, 1], 8, 9)];
  expect(stackExperts([tensor('model.layers.0.mlp.experts.0.up_proj.weight', [1, 2], 1, 2), ...others, tensor('model.layers.0.mlp.experts.1.up_proj.weight', [1, 2], 3, 4)])).toEqual([
    tensor('model.layers.0.mlp.experts.up_proj.weight', [2, 1, 2], 1, 2, 3, 4),
    ...others,
  ]);
});

test('gate and up of gpt-oss are taken apart and transposed', () => {
  // Two experts of two inputs, with two rows of gate and two of up: hundreds count experts, tens inputs, ones rows.
  expect(stackExperts([tensor('mlp.experts.gate_up_proj', [2, 2, 4], 0, 1, 2, 3, 10, 11, 12, 13, 100, 101, 102, 103, 110, 111, 112, 113)])).toEqual([
    tensor('mlp.experts.gate_proj.weight', [2, 2, 2], 0, 10, 2, 12, 100, 110, 102, 112),
    tensor('mlp.experts.up_proj.weight', [2, 2, 2], 1, 11, 3, 13, 101, 111, 103, 113),
  ]);
  expect(stackExperts([tensor('mlp.experts.gate_up_proj_bias', [2, 4], 0, 1, 2, 3, 10, 11, 12, 13)])).toEqual([
    tensor('mlp.experts.gate_proj.bias', [2, 2], 0, 2, 10, 12),
    tensor('mlp.experts.up_proj.bias', [2, 2], 1, 3, 11, 13),
  ]);
  expect(stackExperts([tensor('mlp.experts.down_proj', [1, 3, 2], 0, 1, 10, 11, 20, 21)])).toEqual([tensor('mlp.experts.down_proj.weight', [1, 2, 3], 0, 10, 20, 1, 11, 21)]);
});
