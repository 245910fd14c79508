import { PLAIN_FORMATS } from '../../shaders/dequant/plain-formats.ts';
import { halfFromFloatBits, isInfiniteHalf } from '../../shaders/common/half.ts';
import type { Packer } from './packer.ts';
import { unpackable } from './unpackable-weight-error.ts';

const [quantsPlane] = PLAIN_FORMATS.f16.planes;

/** Each number rounded to the nearest half. */
export const packF16: Packer = (values, rows, inputs) => {
  const stride = quantsPlane.bytesPerRow(inputs) / 2;
  const quants = new Uint16Array(rows * stride);
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let row = 0; row < rows; row++) {
    const start = row * inputs;
    for (let k = 0; k < inputs; k++) {
      const half = halfFromFloatBits(bits[start + k]);
      if (isInfiniteHalf(half)) throw unpackable('f16', values, inputs, start + k, start + k + 1);
      quants[row * stride + k] = half;
    }
  }
  return { quants: new Uint8Array(quants.buffer) };
};
