import { halfFromNumber, halfToNumber } from '../../../shaders/common/half.ts';
import { clamp, tameHalf, type BlockCodec } from './block-codec.ts';

/** Random exponents within a factor of 2^30 of 1: sums of products of such numbers are finite too. */
const tameExponent = (exponent: number): number => clamp(exponent, 97, 157);

function bytesOf(bytes: number, write: (view: DataView) => void): Uint8Array {
  const view = new DataView(new ArrayBuffer(bytes));
  write(view);
  return new Uint8Array(view.buffer);
}

export const F32: BlockCodec = {
  decode: (block) => [block.getFloat32(0, true)],
  encode: ([value]) => bytesOf(4, (view) => view.setFloat32(0, value, true)),
  tame: (block) => {
    const bits = block.getUint32(0, true);
    block.setUint32(0, ((bits & 0x807fffff) | (tameExponent((bits >>> 23) & 255) << 23)) >>> 0, true);
  },
};

export const F16: BlockCodec = {
  decode: (block) => [halfToNumber(block.getUint16(0, true))],
  encode: ([value]) => bytesOf(2, (view) => view.setUint16(0, halfFromNumber(value), true)),
  tame: (block) => tameHalf(block, 0),
};

/** The upper half of an f32; written rounded to nearest, ties to even. */
export const BF16: BlockCodec = {
  decode: (block) => {
    const wide = new DataView(new ArrayBuffer(4));
    wide.setUint32(0, (block.getUint16(0, true) << 16) >>> 0);
    return [wide.getFloat32(0)];
  },
  encode: ([value]) =>
    bytesOf(2, (view) => {
      const wide = new DataView(new ArrayBuffer(4));
      wide.setFloat32(0, value);
      const bits = wide.getUint32(0);
      view.setUint16(0, (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16, true);
    }),
  tame: (block) => {
    const bits = block.getUint16(0, true);
    block.setUint16(0, (bits & 0x807f) | (tameExponent((bits >> 7) & 255) << 7), true);
  },
};
