import { decodeBlocks, encodeBlocks } from './blocks.ts';
import { GGML_TYPES, type GgmlTypeName } from './ggml-types.ts';
import { hyperparameters } from './hyperparameters.ts';
import type { HubCheckpoint, HubTensor } from './hub-checkpoint.ts';
import { placeTensor } from './place-tensor.ts';
import { stackExperts } from './stack-experts.ts';
import { vocabulary } from './vocabulary.ts';
import type { GgufContents, GgufTensor } from './write-gguf.ts';

export interface Converted {
  readonly gguf: GgufContents;
  /** The checkpoint again, its matrices replaced by what their blocks hold: in f32 it is the very model that the file holds. Experts stay stacked. */
  readonly decoded: HubCheckpoint;
}

/**
 * A Hub checkpoint as llama.cpp's `convert_hf_to_gguf.py` (its package `conversion`, at build 11364) and `gguf-py` lay it out: matrices in
 * blocks of `type`, those of experts of `expertType`, all else in F32. Throws where a matrix's rows are no whole blocks.
 */
export function convertCheckpoint({ config, tensors }: HubCheckpoint, type: GgmlTypeName, expertType = type): Converted {
  const converted: GgufTensor[] = [];
  const decoded: HubTensor[] = [];
  for (const tensor of stackExperts(tensors)) {
    const { name, shape, order, map, quantised } = placeTensor(tensor.name, tensor.shape, config);
    const wanted = name.includes('_exps.') ? expertType : type;
    const stored = quantised ? wanted : 'F32';
    if (shape[shape.length - 1] % GGML_TYPES[stored].elements !== 0) throw new Error(`rows of ${shape[shape.length - 1]} elements are no whole blocks of ${stored} (${tensor.name})`);
    const values = tensor.values.map((_, i, all) => map(all[order(i)]));
    const bytes = encodeBlocks(stored, values);
    converted.push({ name, type: stored, shape, bytes });
    if (!quantised) {
      decoded.push(tensor);
      continue;
    }
    const back = new Float32Array(values.length);
    decodeBlocks(stored, bytes).forEach((value, i) => (back[order(i)] = value));
    decoded.push({ ...tensor, values: back });
  }
  return {
    gguf: { metadata: { ...hyperparameters(config), ...vocabulary(config.vocab_size) }, tensors: converted },
    decoded: { config, tensors: decoded },
  };
}
