import { PLAIN_FORMATS } from '../../shaders/dequant/plain-formats.ts';
import type { Packer } from './packer.ts';
import { unpackable } from './unpackable-weight-error.ts';

const [quantsPlane] = PLAIN_FORMATS.f32.planes;

/** The numbers as they are. */
export const packF32: Packer = (values, rows, inputs) => {
  const stride = quantsPlane.bytesPerRow(inputs) / 4;
  const quants = new Float32Array(rows * stride);
  for (let row = 0; row < rows; row++) {
    const start = row * inputs;
    let check = 0;
    for (let i = start; i < start + inputs; i++) check += values[i] - values[i];
    if (check !== 0) throw unpackable('f32', values, inputs, start, start + inputs);
    quants.set(values.subarray(start, start + inputs), row * stride);
  }
  return { quants: new Uint8Array(quants.buffer) };
};
