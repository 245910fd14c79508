import type { TensorInfo } from '../checkpoint/tensor-info.ts';
import { CheckpointError } from '../errors/checkpoint-error.ts';
import type { PackedWeight, RowConverter } from '../packed/packing.ts';
import { checkFloat, toFloat32 } from '../safetensors/to-float32.ts';

/**
 * A packed weight whose module has a bias that the model does not want. Older quantisers gave one to every module, of zeros where it had
 * none: such a bias is read, and refused with `CheckpointError` unless it is zero.
 */
export function withUnusedBias(weight: PackedWeight, suffix: string, bias: TensorInfo): PackedWeight {
  checkFloat(bias);
  const check: RowConverter = (bytes) => {
    if (toFloat32(bias, bytes).some((value) => value !== 0)) throw new CheckpointError('unexpected-tensor', 'is a bias that is not zero, but by its config the model has none there', { file: bias.file, tensor: bias.name });
    return {};
  };
  return {
    early: weight.early,
    layout: (early) => {
      const layout = weight.layout(early);
      return { ...layout, converters: new Map([...layout.converters, [suffix, check]]) };
    },
  };
}
