import { ceilDiv } from '../../shaders/kernel.ts';
import type { TensorInfo } from '../checkpoint/tensor-info.ts';
import { columnOrder } from './column-order.ts';
import type { CompressedScheme } from './compressed-tensors-scheme.ts';
import { codeName, middle, PLANE_BITS, SIGN_FLIPS, ZERO_WORDS } from './integer-codes.ts';
import { badValue, optionalTensor, requireTensor, wordsOf } from './module-tensors.ts';
import type { PackedModule, PackedWeight, RowConverter } from './packing.ts';
import { reorderedColumns } from './reordered-columns.ts';
import { copiedRows, storedBytes } from './row-codes.ts';
import { groupsIn, scopedScales, scopeShapes } from './scale-scope.ts';
import { zeroPlane, type ZeroReader } from './zero-plane.ts';

/**
 * The format `pack-quantized` (github.com/vllm-project/compressed-tensors, compressors/pack_quantized): `weight_packed` i32 [N, K · bits / 32], codes
 * q + 2^(bits − 1) along rows; `weight_scale` by scope; `weight_zero_point` i32 [N · bits / 32, groups], packed down columns, or, in
 * older checkpoints and for whole tensors, i8 by scope; `weight_g_idx` i32 [K] for act-order. w = scale · (q − zero).
 */
export function packedWeight(module: PackedModule, { bits, symmetric, scope }: CompressedScheme): PackedWeight {
  const { rows, inputs } = module;
  if (bits !== 4 && bits !== 8) throw new RangeError(`${module.name}: packed codes have 4 or 8 bits, not ${bits}`);
  requireTensor(module, '.weight_packed', { dtypes: ['I32'], shapes: [[rows, storedBytes({ bits, inputs, unit: 'words' }) / 4]] });
  const { format, scales } = scopedScales(module, '.weight_scale', scope, codeName(bits), !symmetric);
  const others: (readonly [string, RowConverter])[] = [['.weight_scale', scales]];
  const shape = optionalTensor(module, '.weight_shape', { dtypes: ['I64', 'I32'], shapes: [[2]] });
  if (shape) others.push(['.weight_shape', sameShape(shape, module)]);
  if (!symmetric) others.push(['.weight_zero_point', zeroPoints(module, bits, scope)]);
  const indices = optionalTensor(module, '.weight_g_idx', { dtypes: ['I32'], shapes: [[inputs]] });
  return {
    early: indices ? ['.weight_g_idx'] : [],
    layout: (early) => {
      const bytes = early.get('.weight_g_idx');
      // An index of −1 is what compressed-tensors initialises them with: it means that there is no order.
      const order = indices && bytes && !wordsOf(bytes).includes(-1) ? columnOrder(indices, bytes, inputs, scope.group) : undefined;
      const codes = copiedRows({ bits, inputs, unit: 'words', padding: ZERO_WORDS[bits], flip: SIGN_FLIPS[bits] });
      return { format, ...(order && { order }), converters: new Map([['.weight_packed', order ? reorderedColumns(codes, PLANE_BITS[bits], order) : codes], ...others]) };
    },
  };
}

/** Makes no plane, but throws `CheckpointError` where the tensor says another shape than the model wants. */
function sameShape(tensor: TensorInfo, { rows, inputs }: PackedModule): RowConverter {
  return (bytes) => {
    const words = wordsOf(bytes);
    const [stored, width] = tensor.dtype === 'I64' ? [words[0], words[2]] : words;
    if (stored !== rows || width !== inputs) throw badValue(tensor, `says that the weight is [${stored}, ${width}], the config asks for [${rows}, ${inputs}]`);
    return {};
  };
}

function zeroPoints(module: PackedModule, bits: 4 | 8, scope: CompressedScheme['scope']): RowConverter {
  const { rows, inputs } = module;
  const groups = groupsIn(inputs, scope.group);
  if (module.tensors.get('.weight_zero_point')?.dtype === 'I8') return signedZeros(module, bits, scope);
  const tensor = requireTensor(module, '.weight_zero_point', { dtypes: ['I32', 'I8'], shapes: [[ceilDiv(rows * bits, 32), groups]] });
  const perWord = 32 / bits;
  const mask = (1 << bits) - 1;
  const read: ZeroReader = (bytes, group, first, zeros) => {
    const words = wordsOf(bytes);
    for (let i = 0; i < zeros.length; i++) zeros[i] = (words[Math.floor((first + i) / perWord) * groups + group] >>> (((first + i) % perWord) * bits)) & mask;
  };
  return zeroPlane(tensor, groups, read);
}

/** A tensor of signed zero points by scope as the plane `zeros`. */
export function signedZeros(module: PackedModule, bits: 4 | 8, scope: CompressedScheme['scope']): RowConverter {
  const tensor = requireTensor(module, '.weight_zero_point', { dtypes: ['I8'], shapes: scopeShapes(module, scope) });
  const groups = groupsIn(module.inputs, scope.group);
  const read: ZeroReader = (bytes, group, first, zeros) => {
    const signed = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let i = 0; i < zeros.length; i++) zeros[i] = signed[Math.floor((first + i) / scope.rows) * groups + group] + middle(bits);
  };
  return zeroPlane(tensor, groups, read, 2 ** bits - 1);
}
