import { llama } from '../../models/architectures/llama.ts';
import { qwen2 } from '../../models/architectures/qwen2.ts';
import { qwen3 } from '../../models/architectures/qwen3.ts';
import { qwen3_5 } from '../../models/architectures/qwen3_5_text.ts';
import { smollm3 } from '../../models/architectures/smollm3.ts';
import { ConfigReader } from '../../models/config/config-reader.ts';
import { collectSpecs } from '../../models/weights/plan.ts';
import { normal } from '../../shaders/random.ts';
import { writeSafetensors, type WrittenTensor } from './write-safetensors.ts';

const COMMON = { vocab_size: 128, max_position_embeddings: 256, num_attention_heads: 4, num_key_value_heads: 2, head_dim: 16, hidden_size: 64, intermediate_size: 160, rms_norm_eps: 1e-6, tie_word_embeddings: true };

/** Models with every kind of layer whose rows are whole groups of 32, as configs. */
export const RANDOM_MODELS = {
  llama: { ...COMMON, model_type: 'llama', num_hidden_layers: 3, attention_bias: true, mlp_bias: true, tie_word_embeddings: false },
  qwen2: { ...COMMON, model_type: 'qwen2', num_hidden_layers: 2 },
  qwen3: { ...COMMON, model_type: 'qwen3', num_hidden_layers: 2, head_dim: 32 },
  smollm3: { ...COMMON, model_type: 'smollm3', num_hidden_layers: 4, mlp_bias: true, num_key_value_heads: 4 },
  qwen3_5_text: {
    ...COMMON,
    model_type: 'qwen3_5_text',
    num_hidden_layers: 4,
    linear_num_key_heads: 2,
    linear_num_value_heads: 4,
    linear_key_head_dim: 16,
    linear_value_head_dim: 16,
    linear_conv_kernel_dim: 4,
  },
} as const;

export type RandomModel = keyof typeof RANDOM_MODELS;

const ARCHITECTURES = { llama, qwen2, qwen3, smollm3, qwen3_5_text: qwen3_5 } as const satisfies Record<RandomModel, object>;

/** config.json and model.safetensors of a model with seeded weights in f32: matrices that keep the size of what they multiply, norms around 1. */
export function randomCheckpoint(name: RandomModel, seed = 1, changes: Readonly<Record<string, unknown>> = {}): Record<string, Uint8Array<ArrayBuffer>> {
  const config = { ...RANDOM_MODELS[name], ...changes };
  const model = ARCHITECTURES[name].parse(new ConfigReader(config, 'config.json'));
  let next = seed;
  const tensors = collectSpecs(model.weights(16)).flatMap((spec): WrittenTensor[] =>
    spec.kind === 'matrix'
      ? spec.parts.map((part) => f32(part.name, [part.rows, spec.inputs], normal(part.rows * spec.inputs, next++, spec.inputs ** -0.5)))
      : spec.parts.map((part) => {
          const length = part.shape.reduce((product, size) => product * size, 1);
          // A norm that adds one to its weights is stored around 0, and a bias is small.
          const middle = /norm/.test(part.name) && !part.map ? 1 : 0;
          return f32(part.name, part.shape, normal(length, next++, 0.2).map((value) => middle + value));
        }),
  );
  return { 'config.json': new TextEncoder().encode(JSON.stringify(config)), 'model.safetensors': writeSafetensors(tensors) };
}

const f32 = (name: string, shape: readonly number[], values: Float32Array<ArrayBuffer>): WrittenTensor => ({ name, dtype: 'F32', shape, bytes: new Uint8Array(values.buffer) });
