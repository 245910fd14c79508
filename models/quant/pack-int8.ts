import { describeFormat } from '../../shaders/dequant/formats.ts';
import { BLOCK } from '../../shaders/dequant/plane.ts';
import { chosenScaleCode, groupScaleOf } from './group-scale.ts';
import { isInfiniteHalf } from '../../shaders/common/half.ts';
import type { Packer } from './packer.ts';
import { unpackable } from './unpackable-weight-error.ts';

const [quantsPlane, scalesPlane] = describeFormat('int8').planes;

/** Groups of 32 with the scale max|w| / 127: the error of a weight is at most about half a scale. */
export const packInt8: Packer = (values, rows, inputs) => {
  const stride = quantsPlane.bytesPerRow(inputs);
  const scaleStride = scalesPlane.bytesPerRow(inputs) / 2;
  const quants = new Int8Array(rows * stride);
  const scales = new Uint16Array(rows * scaleStride);
  for (let row = 0; row < rows; row++) {
    for (let group = 0; group * BLOCK < inputs; group++) {
      const start = row * inputs + group * BLOCK;
      const end = Math.min(start + BLOCK, (row + 1) * inputs);
      let largest = 0;
      let check = 0;
      for (let i = start; i < end; i++) {
        const magnitude = Math.abs(values[i]);
        check += magnitude - magnitude;
        if (magnitude > largest) largest = magnitude;
      }
      const code = chosenScaleCode(largest / 127);
      if (check !== 0 || isInfiniteHalf(code)) throw unpackable('int8', values, inputs, start, end);
      const scale = groupScaleOf(code);
      if (scale === 0) continue;
      scales[row * scaleStride + group] = code;
      const inverse = 1 / scale;
      const at = row * stride + group * BLOCK - start;
      for (let i = start; i < end; i++) quants[at + i] = Math.max(-127, Math.min(127, Math.floor(values[i] * inverse + 0.5)));
    }
  }
  return { quants: new Uint8Array(quants.buffer), scales: new Uint8Array(scales.buffer) };
};
