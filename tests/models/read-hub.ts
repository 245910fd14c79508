import { toFloat32 } from '../../models/safetensors/to-float32.ts';
import type { HubCheckpoint, HubConfig } from '../support/gguf/hub-checkpoint.ts';
import { CONFIG, readJson, readTensors, WEIGHTS, type Folder } from './checkpoint-folder.ts';

/** The whole of a checkpoint, in f32. */
export function readHub(folder: Folder): HubCheckpoint {
  const tensors = readTensors(folder[WEIGHTS]).map(({ name, dtype, shape, bytes }) => {
    const info = { name, dtype, shape, byteLength: bytes.length, file: WEIGHTS, offset: 0 };
    return { name, shape, values: Float32Array.from(toFloat32(info, Uint8Array.from(bytes))) };
  });
  return { config: readJson(folder, CONFIG) as unknown as HubConfig, tensors };
}
