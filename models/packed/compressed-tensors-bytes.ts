import { fp8Codes, int8Codes } from './byte-codes.ts';
import { signedZeros } from './compressed-tensors-packed.ts';
import type { CompressedScheme } from './compressed-tensors-scheme.ts';
import { requireTensor } from './module-tensors.ts';
import type { PackedModule, PackedWeight, RowConverter } from './packing.ts';
import { scopedScales } from './scale-scope.ts';

/**
 * The formats `int-quantized`, `float-quantized` and `naive-quantized` (compressed-tensors, compressors/naive_quantized): `weight` [N, K] of bytes,
 * `weight_scale` and `weight_zero_point` (i8) by scope. Integers of four bits take a byte, too.
 */
export function byteWeight(module: PackedModule, { type, symmetric, scope }: CompressedScheme): PackedWeight {
  const { rows, inputs } = module;
  const float = type === 'float';
  const weight = requireTensor(module, '.weight', { dtypes: [float ? 'F8_E4M3' : 'I8'], shapes: [[rows, inputs]] });
  const { format, scales } = scopedScales(module, '.weight_scale', scope, float ? 'fp8' : 'int8', !symmetric);
  const converters = new Map<string, RowConverter>([['.weight', float ? fp8Codes(weight, inputs) : int8Codes(inputs)], ['.weight_scale', scales]]);
  if (!symmetric) converters.set('.weight_zero_point', signedZeros(module, 8, scope));
  return { early: [], layout: () => ({ format, converters }) };
}
