import { describeFormat } from '../../shaders/dequant/formats.ts';
import type { TensorInfo } from '../checkpoint/tensor-info.ts';
import { firstFp8Nan } from './byte-codes.ts';
import { badValue } from './module-tensors.ts';
import type { RowConverter } from './packing.ts';

/** Exponents [N, K / 32] as the plane `scales` of mxfp4. The converter throws `CheckpointError` for NaN. */
export function e8m0Plane(tensor: TensorInfo, inputs: number): RowConverter {
  const stored = Math.ceil(inputs / 32);
  return (bytes, first, count) => {
    const rows = bytes.subarray(first * stored, (first + count) * stored);
    const nan = rows.indexOf(255);
    if (nan >= 0) throw badValue(tensor, 'holds a scale that is not a number; the file is damaged', first + Math.floor(nan / stored));
    return { scales: paddedRows(rows, count, stored, scaleBytes('mxfp4', inputs), 0) };
  };
}

/** E4M3FN [N, K / 16] as the plane `scales` of nvfp4, each row after `factor`. The converter throws `CheckpointError` for NaN. */
export function nvfp4Plane(tensor: TensorInfo, inputs: number, factor: number): RowConverter {
  const stored = Math.ceil(inputs / 16);
  const stride = scaleBytes('nvfp4', inputs);
  return (bytes, first, count) => {
    const rows = bytes.subarray(first * stored, (first + count) * stored);
    const nan = firstFp8Nan(rows);
    if (nan >= 0) throw badValue(tensor, 'holds a scale that is not a number; the file is damaged', first + Math.floor(nan / stored));
    const scales = paddedRows(rows, count, stored, stride, 4);
    const factors = new Float32Array(scales.buffer);
    for (let row = 0; row < count; row++) factors[(row * stride) / 4] = factor;
    return { scales };
  };
}

function scaleBytes(format: 'mxfp4' | 'nvfp4', inputs: number): number {
  const [, scales] = describeFormat(format).planes;
  return scales.bytesPerRow(inputs);
}

/** Rows of `stored` bytes, each from byte `at` of `stride` on. */
function paddedRows(rows: Uint8Array<ArrayBuffer>, count: number, stored: number, stride: number, at: number): Uint8Array<ArrayBuffer> {
  const padded = new Uint8Array(count * stride);
  for (let row = 0; row < count; row++) padded.set(rows.subarray(row * stored, (row + 1) * stored), row * stride + at);
  return padded;
}
