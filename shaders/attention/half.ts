const word = new DataView(new ArrayBuffer(4));

/** Bits of the half nearest to a number (ties to even); a number beyond 65,504 becomes infinite. */
export function halfBits(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  word.setFloat32(0, value);
  const bits = word.getUint32(0);
  const sign = (bits >>> 16) & 0x8000;
  const size = bits & 0x7fffffff;
  if (size >= 0x477ff000) return sign | 0x7c00;
  // Below 2^-14 halves are multiples of 2^-24: adding 1/2 lets the f32 adder round to that multiple.
  if (size < 0x38800000) {
    word.setFloat32(0, Math.abs(value) + 0.5);
    return sign | (word.getUint32(0) - 0x3f000000);
  }
  return sign | ((size + 0xfff + ((size >>> 13) & 1) - 0x38000000) >>> 13);
}

/** Halves packed in pairs, the first one in the lower bits. */
export function packHalves(values: ArrayLike<number>): Uint32Array<ArrayBuffer> {
  return Uint32Array.from({ length: Math.ceil(values.length / 2) }, (_, i) => {
    const upper = 2 * i + 1 < values.length ? halfBits(values[2 * i + 1]) : 0;
    return halfBits(values[2 * i]) | (upper << 16);
  });
}
