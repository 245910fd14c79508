import { parseModel } from '../../models/architectures/parse-model.ts';
import type { Quantization } from '../../index.ts';
import { ConfigReader } from '../../models/config/config-reader.ts';
import { packRows } from '../../models/quant/pack-rows.ts';
import { parseHeader } from '../../models/safetensors/parse-header.ts';
import { toFloat32 } from '../../models/safetensors/to-float32.ts';
import { planWeights } from '../../models/weights/plan.ts';
import { storedModules } from '../../models/weights/stored-modules.ts';
import { decodeRows } from '../../shaders/dequant/reference.ts';
import { F32_PACKERS } from '../support/f32-packers.ts';
import type { WrittenTensor } from '../support/write-safetensors.ts';
import { CONFIG, fetchFolder, readJson, readTensors, WEIGHTS, withTensors, type Folder } from './checkpoint-folder.ts';

/** A fixture with the logits that it should give for `tokens`. */
export interface ReferenceModel {
  readonly folder: Folder;
  readonly tokens: readonly number[];
  /** [tokens, vocabulary] */
  readonly logits: Float32Array;
}

export async function fetchReference(fixture: string): Promise<ReferenceModel> {
  const { 'expected.safetensors': expected, ...folder } = await fetchFolder(fixture, [CONFIG, WEIGHTS, 'expected.safetensors']);
  const tensors = new Map(readTensors(expected).map(({ name, bytes }) => [name, bytes.buffer as ArrayBuffer]));
  const integers = (name: string): number[] => [...new Int32Array(tensors.get(name) ?? new ArrayBuffer(0))];
  return { folder, tokens: [...integers('input_ids'), ...integers('greedy_ids')], logits: new Float32Array(tensors.get('logits') ?? new ArrayBuffer(0)) };
}

/**
 * The checkpoint with each matrix that would be quantised replaced by what the reference decoder makes of its packed rows: in f32 it is
 * the very model that the shaders see.
 */
export async function decoded(folder: Folder, quantize: Exclude<Quantization, 'none'>, quantizeEmbeddings: Exclude<Quantization, 'none'>): Promise<Folder> {
  const config = new ConfigReader(readJson(folder, CONFIG), CONFIG);
  const parsed = await parseModel(config);
  const bytes = folder[WEIGHTS];
  const headerLength = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const infos = new Map(parseHeader(WEIGHTS, bytes.subarray(8, 8 + headerLength), bytes.length).map((info) => [info.name, info]));
  const checkpoint = { tensors: infos, weightsFile: WEIGHTS };
  const { parts } = planWeights(parsed.weights(16, storedModules(checkpoint, parsed.canonicalName)), checkpoint, { canonicalName: parsed.canonicalName, packers: F32_PACKERS });
  const roles = new Map(parts.flatMap(({ spec, tensors }) => [...tensors.values()].map(({ name }) => [name, spec.role] as const)));
  const decode = (tensor: WrittenTensor): WrittenTensor => {
    const info = infos.get(tensor.name);
    const role = roles.get(tensor.name);
    if (!info || role === undefined || role === 'dense') return tensor;
    const [rows, inputs] = tensor.shape;
    const format = role === 'embedding' ? quantizeEmbeddings : quantize;
    const values = decodeRows(format, packRows(format, toFloat32(info, tensor.bytes.slice()), rows, inputs), rows, inputs);
    return { ...tensor, dtype: 'F32', bytes: new Uint8Array(values.buffer) };
  };
  return withTensors(folder, (tensors) => tensors.map(decode));
}
