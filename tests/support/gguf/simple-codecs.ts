import { halfFromNumber, halfToNumber } from '../../../shaders/common/half.ts';
import { clamp, f32, farthest, inverse, tameHalf, type BlockCodec } from './block-codec.ts';
import { GGML_TYPES } from './ggml-types.ts';

interface Layout {
  readonly type: 'Q4_0' | 'Q4_1' | 'Q5_0' | 'Q5_1';
  readonly bits: 4 | 5;
  /** With a minimum beside the scale; else codes are centred on 0. */
  readonly minimum: boolean;
}

/** 32 codes: byte j holds the low four bits of element j low and of j + 16 high; fifth bits lie in a word of their own. */
function simpleCodec({ type, bits, minimum }: Layout): BlockCodec {
  const highAt = minimum ? 4 : 2;
  const lowAt = highAt + (bits === 5 ? 4 : 0);
  const levels = 2 ** bits;
  return {
    // dequantize_row_q4_0 to _q5_1: x·d and x·d + m.
    decode: (block) => {
      const d = halfToNumber(block.getUint16(0, true));
      const m = minimum ? halfToNumber(block.getUint16(2, true)) : 0;
      const high = bits === 5 ? block.getUint32(highAt, true) : 0;
      return new Float32Array(32).map((_, j) => {
        const byte = block.getUint8(lowAt + (j % 16));
        const code = (j < 16 ? byte & 15 : byte >> 4) | (((high >>> j) & 1) << 4);
        return minimum ? f32(f32(code * d) + m) : f32((code - levels / 2) * d);
      });
    },
    encode: (values) => {
      const least = Math.min(...values);
      const d = minimum ? (Math.max(...values) - least) / (levels - 1) : farthest(values) / (-levels / 2);
      const block = new DataView(new ArrayBuffer(GGML_TYPES[type].bytes));
      block.setUint16(0, halfFromNumber(d), true);
      if (minimum) block.setUint16(2, halfFromNumber(least), true);
      let high = 0;
      values.forEach((value, j) => {
        const code = clamp(Math.round((minimum ? value - least : value) * inverse(d)) + (minimum ? 0 : levels / 2), 0, levels - 1);
        const at = lowAt + (j % 16);
        block.setUint8(at, block.getUint8(at) | ((code & 15) << (j < 16 ? 0 : 4)));
        high |= (code >> 4) << j;
      });
      if (bits === 5) block.setUint32(highAt, high >>> 0, true);
      return new Uint8Array(block.buffer);
    },
    tame: (block) => {
      tameHalf(block, 0);
      if (minimum) tameHalf(block, 2);
    },
  };
}

export const Q4_0 = simpleCodec({ type: 'Q4_0', bits: 4, minimum: false });
export const Q4_1 = simpleCodec({ type: 'Q4_1', bits: 4, minimum: true });
export const Q5_0 = simpleCodec({ type: 'Q5_0', bits: 5, minimum: false });
export const Q5_1 = simpleCodec({ type: 'Q5_1', bits: 5, minimum: true });

export const Q8_0: BlockCodec = {
  decode: (block) => {
    const d = halfToNumber(block.getUint16(0, true));
    return new Float32Array(32).map((_, j) => f32(block.getInt8(2 + j) * d));
  },
  encode: (values) => {
    const d = Math.abs(farthest(values)) / 127;
    const block = new DataView(new ArrayBuffer(GGML_TYPES.Q8_0.bytes));
    block.setUint16(0, halfFromNumber(d), true);
    values.forEach((value, j) => block.setInt8(2 + j, Math.round(value * inverse(d))));
    return new Uint8Array(block.buffer);
  },
  tame: (block) => tameHalf(block, 0),
};
