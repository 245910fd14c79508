/** Scales of Q4_K and Q5_K lie in 12 bytes from here on. */
const AT_4 = 4;

/**
 * Scale and minimum g of eight, 6 bits each (`get_scale_min_k4`): the first four scales in the low bits of bytes 0–3 and their minima in
 * those of 4–7; of the last four, the low nibbles in bytes 8–11 (scale low, minimum high) and the rest in the top bits of 0–3 and 4–7.
 */
export function readScaleMin4(block: DataView, g: number): readonly [scale: number, minimum: number] {
  const byte = (i: number): number => block.getUint8(AT_4 + i);
  if (g < 4) return [byte(g) & 63, byte(g + 4) & 63];
  return [(byte(g + 4) & 15) | ((byte(g - 4) >> 6) << 4), (byte(g + 4) >> 4) | ((byte(g) >> 6) << 4)];
}

/** Sets bits that were 0. */
export function writeScaleMin4(block: DataView, g: number, scale: number, minimum: number): void {
  const set = (i: number, value: number): void => block.setUint8(AT_4 + i, block.getUint8(AT_4 + i) | value);
  if (g < 4) {
    set(g, scale);
    set(g + 4, minimum);
  } else {
    set(g + 4, (scale & 15) | ((minimum & 15) << 4));
    set(g - 4, (scale >> 4) << 6);
    set(g, (minimum >> 4) << 6);
  }
}

/** Scales of Q3_K lie in 12 bytes from here on. */
const AT_3 = 96;

/** Scale g of sixteen, 6 bits less 32: low nibbles in bytes 0–7 (first eight low, last eight high), the rest in pairs of bits of bytes 8–11. */
export function readScale3(block: DataView, g: number): number {
  const low = (block.getUint8(AT_3 + (g % 8)) >> (g < 8 ? 0 : 4)) & 15;
  const high = (block.getUint8(AT_3 + 8 + (g % 4)) >> (2 * (g >> 2))) & 3;
  return (low | (high << 4)) - 32;
}

/** Sets bits that were 0. */
export function writeScale3(block: DataView, g: number, scale: number): void {
  const set = (i: number, value: number): void => block.setUint8(AT_3 + i, block.getUint8(AT_3 + i) | value);
  set(g % 8, ((scale + 32) & 15) << (g < 8 ? 0 : 4));
  set(8 + (g % 4), ((scale + 32) >> 4) << (2 * (g >> 2)));
}
