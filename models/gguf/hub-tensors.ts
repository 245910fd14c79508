import type { JsonObject } from '../checkpoint/checkpoint.ts';
import type { TensorInfo } from '../checkpoint/tensor-info.ts';
import { CheckpointError } from '../errors/checkpoint-error.ts';
import type { GgufArchitecture } from './architectures/architecture.ts';
import { FREQUENCY_FACTORS } from './frequency-factors.ts';
import { splitExperts } from './split-experts.ts';
import { hubName, parseName } from './tensor-names.ts';

/**
 * The tensors under the names that they have on the Hub, with what is different about them. A tensor that has no name
 * there keeps its own, so that whoever loads the weights sees that it is too many; one that holds all experts of a layer
 * becomes as many tensors.
 *
 * @throws CheckpointError where two tensors are the same one of the Hub's, or experts are not as many as the config says
 */
export function hubTensors(tensors: ReadonlyMap<string, TensorInfo>, { names, stored, shape }: GgufArchitecture, config: JsonObject): ReadonlyMap<string, TensorInfo> {
  const storedAs = stored?.(config);
  const layers = Number(config.num_hidden_layers ?? config.n_layer);
  const experts = Number(config.num_local_experts);
  const result = new Map<string, TensorInfo>();
  for (const tensor of tensors.values()) {
    const parsed = parseName(tensor.name);
    if (isUnused(parsed.layer, parsed.part, layers)) continue;
    const name = hubName(tensor.name, names);
    const difference = storedAs?.(parsed, tensor.shape);
    const whole = { ...tensor, name, shape: shape?.(parsed, tensor.shape) ?? tensor.shape, ...(difference && { stored: difference }) };
    for (const hub of name !== tensor.name && name.includes('*') ? splitExperts(whole, experts, tensor.name) : [whole]) {
      if (result.has(hub.name)) throw new CheckpointError('duplicate-tensor', `is the same parameter as another tensor, which is ${hub.name} on the Hub`, { file: tensor.file, tensor: tensor.name });
      result.set(hub.name, hub);
    }
  }
  return result;
}

/** What the engine never reads. */
function isUnused(layer: number | undefined, part: string, layers: number): boolean {
  // In the config already, as factors of the rotary frequencies.
  if (layer === undefined) return part === FREQUENCY_FACTORS;
  // Multi-token prediction: further layers behind the model's own, with tensors called nextn.*.
  if (layer >= layers || part.startsWith('nextn.')) return true;
  // How to quantise activations, which are f32 here.
  return part.endsWith('.input_scale');
}
