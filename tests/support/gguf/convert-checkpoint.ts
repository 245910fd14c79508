import { decodeBlocks, encodeBlocks } from './blocks.ts';
import { frequencyFactors } from './frequency-factors.ts';
import { GGML_TYPES, type GgmlTypeName } from './ggml-types.ts';
import type { HubCheckpoint, HubConfig, HubTensor } from './hub-checkpoint.ts';
import { hyperparameters } from './hyperparameters.ts';
import { placeTensor } from './place-tensor.ts';
import { stackExperts } from './stack-experts.ts';
import { vocabulary } from './vocabulary.ts';
import { ggmlTensor, type GgufContents, type WrittenTensor } from './write-gguf.ts';

export interface Converted {
  readonly gguf: GgufContents;
  /** The checkpoint again, its matrices replaced by what their blocks hold: in f32 it is the very model that the file holds. Experts stay stacked. */
  readonly decoded: HubCheckpoint;
}

/** The type of a tensor's blocks by its name on the Hub. */
export type TypeOf = (name: string) => GgmlTypeName;

/**
 * A Hub checkpoint as llama.cpp's `convert_hf_to_gguf.py` (its package `conversion`, at build 11364) and `gguf-py` lay it out: matrices in
 * blocks of `type`, or of the type of each, and all else in F32. Throws where a matrix's rows are no whole blocks.
 */
export function convertCheckpoint({ config, tensors }: HubCheckpoint, type: GgmlTypeName | TypeOf): Converted {
  const converted: WrittenTensor[] = extraTensors(config);
  const decoded: HubTensor[] = [];
  for (const tensor of stackExperts(tensors)) {
    const { name, shape, order, map, quantised } = placeTensor(tensor.name, tensor.shape, config);
    const blocks = typeof type === 'string' ? type : type(tensor.name);
    const stored = quantised ? blocks : 'F32';
    if (shape[shape.length - 1] % GGML_TYPES[stored].elements !== 0) throw new Error(`rows of ${shape[shape.length - 1]} elements are no whole blocks of ${stored} (${tensor.name})`);
    const values = tensor.values.map((_, i, all) => map(all[order(i)]));
    const bytes = encodeBlocks(stored, values);
    converted.push(ggmlTensor(name, stored, shape, bytes));
    if (!quantised) {
      decoded.push(tensor);
      continue;
    }
    const back = new Float32Array(values.length);
    decodeBlocks(stored, bytes).forEach((value, i) => (back[order(i)] = value));
    decoded.push({ ...tensor, values: back });
  }
  return { gguf: { metadata: [...hyperparameters(config), ...vocabulary(config.vocab_size, config)], tensors: converted }, decoded: { config, tensors: decoded } };
}

/** `generate_extra_tensors`, which come before the model's own. */
function extraTensors(config: HubConfig): WrittenTensor[] {
  const factors = config.model_type === 'gpt2' ? undefined : frequencyFactors(config);
  return factors ? [ggmlTensor('rope_freqs.weight', 'F32', [factors.length], new Uint8Array(factors.buffer))] : [];
}
