const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The number that 16 bits of IEEE binary16 stand for. */
export function halfToNumber(half: number): number {
  if ((half & 0x7c00) === 0x7c00) return half & 1023 ? NaN : half & 0x8000 ? -Infinity : Infinity;
  // Exponent and fraction at their places in binary32 make the number times 2^(15 − 127), subnormals included.
  bits[0] = ((half & 0x8000) << 16) | ((half & 0x7fff) << 13);
  return float[0] * 2 ** 112;
}
