const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The number that 16 bits of IEEE binary16 stand for. */
export function halfToNumber(half: number): number {
  if ((half & 0x7c00) === 0x7c00) return half & 1023 ? NaN : half & 0x8000 ? -Infinity : Infinity;
  // Exponent and fraction at their places in binary32 make the number times 2^(15 − 127), subnormals included.
  bits[0] = ((half & 0x8000) << 16) | ((half & 0x7fff) << 13);
  return float[0] * 2 ** 112;
}

/**
 * IEEE binary16 from the bits of a binary32, rounded to nearest, ties to even. Everything from 65,520 on, infinities and NaN
 * give an infinity: callers that must not overflow compare with `isInfiniteHalf`.
 */
export function halfFromFloatBits(source: number): number {
  const sign = (source >>> 16) & 0x8000;
  const magnitude = source & 0x7fffffff;
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude >= 0x38800000) return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
  // Subnormal: the unit of 0.5 in f32 is that of the subnormal halves, so the addition rounds and the sum's bits are the code.
  bits[0] = magnitude;
  float[0] += 0.5;
  return sign | (bits[0] - 0x3f000000);
}

/** The same from a number, which is rounded to binary32 first. */
export function halfFromNumber(value: number): number {
  float[0] = value;
  return halfFromFloatBits(bits[0]);
}

export const isInfiniteHalf = (half: number): boolean => (half & 0x7fff) === 0x7c00;

/** Halves packed in pairs, the first one in the lower bits; NaN stays NaN. */
export function packHalves(values: ArrayLike<number>): Uint32Array<ArrayBuffer> {
  const half = (i: number): number => (Number.isNaN(values[i]) ? 0x7e00 : halfFromNumber(values[i]));
  return Uint32Array.from({ length: Math.ceil(values.length / 2) }, (_, i) => half(2 * i) | ((2 * i + 1 < values.length ? half(2 * i + 1) : 0) << 16));
}
