import { clamp, f32, farthest, inverse, nearestCode, type BlockCodec } from './block-codec.ts';
import { GGML_TYPES } from './ggml-types.ts';

/** `kvalues_mxfp4`: the values of E2M1 times two, so that they are whole; the scales below are halved in return. */
const LEVELS = [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12];

/** `GGML_E8M0_TO_FP32_HALF`: half of 2^(code − 127). */
const halfE8m0 = (code: number): number => 2 ** (code - 128);

/** A scale for 32 elements, whose codes lie as in Q4_0. */
export const MXFP4: BlockCodec = {
  decode: (block) => {
    const d = halfE8m0(block.getUint8(0));
    return new Float32Array(32).map((_, j) => {
      const byte = block.getUint8(1 + (j % 16));
      return f32(LEVELS[j < 16 ? byte & 15 : byte >> 4] * d);
    });
  },
  encode: (values) => {
    const most = Math.abs(farthest(values));
    const scale = most === 0 ? 0 : clamp(Math.floor(Math.log2(most)) - 2 + 127, 0, 254);
    const block = new Uint8Array(GGML_TYPES.MXFP4.bytes);
    block[0] = scale;
    values.forEach((value, j) => (block[1 + (j % 16)] |= nearestCode(LEVELS, value / halfE8m0(scale)) << (j < 16 ? 0 : 4)));
    return block;
  },
  // Within a factor of 2^30 of 1, so that sums of products are finite too.
  tame: (block) => block.setUint8(0, 97 + (block.getUint8(0) % 61)),
};

/** `ggml_ue4m3_to_fp32`: half of what E4M3 without its sign is; its NaN (and bit 7 of the byte) counts for nothing. */
function halfUe4m3(code: number): number {
  if (code === 0 || code === 0x7f) return 0;
  const exponent = (code >> 3) & 15;
  const fraction = code & 7;
  return (exponent === 0 ? fraction * 2 ** -9 : (1 + fraction / 8) * 2 ** (exponent - 7)) / 2;
}

const SCALES = Array.from({ length: 127 }, (_, code) => halfUe4m3(code));

/** Four scales of 16 elements each, then their codes: of each 16, byte j holds element j low and j + 8 high. */
export const NVFP4: BlockCodec = {
  decode: (block) =>
    new Float32Array(64).map((_, i) => {
      const [sub, j] = [i >> 4, i & 15];
      const byte = block.getUint8(4 + 8 * sub + (j % 8));
      return f32(LEVELS[j < 8 ? byte & 15 : byte >> 4] * halfUe4m3(block.getUint8(sub)));
    }),
  encode: (values) => {
    const block = new Uint8Array(GGML_TYPES.NVFP4.bytes);
    for (let sub = 0; sub < 4; sub++) {
      const group = values.subarray(16 * sub, 16 * sub + 16);
      block[sub] = nearestCode(SCALES, Math.abs(farthest(group)) / 12);
      group.forEach((value, j) => (block[4 + 8 * sub + (j % 8)] |= nearestCode(LEVELS, value * inverse(SCALES[block[sub]])) << (j < 8 ? 0 : 4)));
    }
    return block;
  },
  tame: (block) => {
    for (let sub = 0; sub < 4; sub++) block.setUint8(sub, block.getUint8(sub) % 127);
  },
};
