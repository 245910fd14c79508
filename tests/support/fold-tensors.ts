import { ConfigReader } from '../../models/config/config-reader.ts';
import { parseModel } from '../../models/architectures/parse-model.ts';
import type { Scaling } from '../../models/architectures/scaling.ts';
import { applyFold, foldsOf } from '../../models/compress/fold.ts';
import { toFloat32 } from '../../models/safetensors/to-float32.ts';
import type { WrittenTensor } from './write-safetensors.ts';

/** Where a model of this config says that it can be scaled. */
export async function scalingsOf(config: unknown): Promise<readonly Scaling[]> {
  const reader = new ConfigReader(config, 'config.json');
  return (await parseModel(reader)).scalings ?? [];
}

/** The tensors of a model with these factors folded in, in f32 and not quantised: the same function, if the scalings are right. */
export function foldTensors(tensors: readonly WrittenTensor[], factors: ReadonlyMap<Scaling, Float64Array>): WrittenTensor[] {
  const folds = foldsOf(factors);
  return tensors.map((tensor) => {
    const { name, dtype, shape, bytes } = tensor;
    const fold = folds.get(name);
    if (!fold) return tensor;
    const values = toFloat32({ name, dtype, shape, byteLength: bytes.length, file: '', offset: 0 }, bytes.slice());
    return { name, dtype: 'F32', shape, bytes: new Uint8Array(applyFold(fold, values, 0, shape.length === 2 ? shape[1] : 1).buffer) };
  });
}
