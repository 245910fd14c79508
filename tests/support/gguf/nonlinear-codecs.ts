import { halfFromNumber, halfToNumber } from '../../../shaders/common/half.ts';
import { clamp, f32, farthest, inverse, nearestCode, tameHalf, type BlockCodec } from './block-codec.ts';
import { GGML_TYPES } from './ggml-types.ts';

/** `kvalues_iq4nl` */
const LEVELS = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

export const IQ4_NL: BlockCodec = {
  decode: (block) => {
    const d = halfToNumber(block.getUint16(0, true));
    return new Float32Array(32).map((_, j) => {
      const byte = block.getUint8(2 + (j % 16));
      return f32(d * LEVELS[j < 16 ? byte & 15 : byte >> 4]);
    });
  },
  encode: (values) => {
    const block = new DataView(new ArrayBuffer(GGML_TYPES.IQ4_NL.bytes));
    const d = farthest(values) / -127;
    block.setUint16(0, halfFromNumber(d), true);
    values.forEach((value, j) => {
      const at = 2 + (j % 16);
      block.setUint8(at, block.getUint8(at) | (nearestCode(LEVELS, value * inverse(d)) << (j < 16 ? 0 : 4)));
    });
    return new Uint8Array(block.buffer);
  },
  tame: (block) => tameHalf(block, 0),
};

/** Eight sub-blocks of 32 with 6-bit scales: d, 2 bytes of their high pairs of bits, 4 bytes of their low nibbles, 128 bytes of codes. */
export const IQ4_XS: BlockCodec = {
  decode: (block) => {
    const d = halfToNumber(block.getUint16(0, true));
    const high = block.getUint16(2, true);
    return new Float32Array(256).map((_, i) => {
      const [sub, j] = [i >> 5, i & 31];
      const scale = ((block.getUint8(4 + (sub >> 1)) >> (4 * (sub & 1))) & 15) | (((high >> (2 * sub)) & 3) << 4);
      const byte = block.getUint8(8 + 16 * sub + (j % 16));
      return f32(f32(d * (scale - 32)) * LEVELS[j < 16 ? byte & 15 : byte >> 4]);
    });
  },
  encode: (values) => {
    const wanted = Array.from({ length: 8 }, (_, sub) => farthest(values.subarray(32 * sub, 32 * sub + 32)) / -127);
    const d = Math.max(...wanted.map(Math.abs)) / 31;
    const block = new DataView(new ArrayBuffer(GGML_TYPES.IQ4_XS.bytes));
    block.setUint16(0, halfFromNumber(d), true);
    wanted.forEach((scale, sub) => {
      const code = clamp(Math.round(scale * inverse(d)), -32, 31) + 32;
      block.setUint16(2, block.getUint16(2, true) | ((code >> 4) << (2 * sub)), true);
      block.setUint8(4 + (sub >> 1), block.getUint8(4 + (sub >> 1)) | ((code & 15) << (4 * (sub & 1))));
      for (let j = 0; j < 32; j++) {
        const at = 8 + 16 * sub + (j % 16);
        const level = nearestCode(LEVELS, values[32 * sub + j] * inverse(d * (code - 32)));
        block.setUint8(at, block.getUint8(at) | (level << (j < 16 ? 0 : 4)));
      }
    });
    return new Uint8Array(block.buffer);
  },
  tame: (block) => tameHalf(block, 0),
};
