import { parseHeader } from '../../models/safetensors/parse-header.ts';
import { toFloat32 } from '../../models/safetensors/to-float32.ts';
import { WEIGHTS, type Folder } from '../models/checkpoint-folder.ts';
import type { HubTensor } from '../support/gguf/hub-checkpoint.ts';

/** The tensors of a checkpoint in f32. */
export function readHubTensors(folder: Folder): HubTensor[] {
  const file = folder[WEIGHTS];
  const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  return parseHeader(WEIGHTS, file.subarray(8, 8 + length), file.length).map((info) => ({
    name: info.name,
    shape: info.shape,
    values: Float32Array.from(toFloat32(info, file.slice(info.offset, info.offset + info.byteLength))),
  }));
}
