import { halfFromNumber, halfToNumber } from '../../../shaders/common/half.ts';
import { clamp, tameHalf, type BlockCodec } from './block-codec.ts';

/** Random exponents within a factor of 2^30 of 1: sums of products of such numbers are finite too. */
const tameExponent = (exponent: number): number => clamp(exponent, 97, 157);

/** Each of `count` numbers in `bytes` bytes. */
function written(count: number, bytes: number, write: (view: DataView, i: number) => void): Uint8Array {
  const view = new DataView(new ArrayBuffer(count * bytes));
  for (let i = 0; i < count; i++) write(view, i);
  return new Uint8Array(view.buffer);
}

export const F32: BlockCodec = {
  decode: (block) => new Float32Array(block.byteLength / 4).map((_, i) => block.getFloat32(4 * i, true)),
  encode: (values) => written(values.length, 4, (view, i) => view.setFloat32(4 * i, values[i], true)),
  tame: (block) => {
    const bits = block.getUint32(0, true);
    block.setUint32(0, ((bits & 0x807fffff) | (tameExponent((bits >>> 23) & 255) << 23)) >>> 0, true);
  },
};

export const F16: BlockCodec = {
  decode: (block) => new Float32Array(block.byteLength / 2).map((_, i) => halfToNumber(block.getUint16(2 * i, true))),
  encode: (values) => written(values.length, 2, (view, i) => view.setUint16(2 * i, halfFromNumber(values[i]), true)),
  tame: (block) => tameHalf(block, 0),
};

/** The upper half of an f32; written rounded to nearest, ties to even. */
export const BF16: BlockCodec = {
  decode: (block) => new Float32Array(new Uint32Array(block.byteLength / 2).map((_, i) => block.getUint16(2 * i, true) << 16).buffer),
  encode: (values) => {
    const bits = new Uint32Array(values.slice().buffer);
    return written(values.length, 2, (view, i) => view.setUint16(2 * i, (bits[i] + 0x7fff + ((bits[i] >>> 16) & 1)) >>> 16, true));
  },
  tame: (block) => {
    const bits = block.getUint16(0, true);
    block.setUint16(0, (bits & 0x807f) | (tameExponent((bits >> 7) & 255) << 7), true);
  },
};
