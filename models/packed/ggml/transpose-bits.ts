/**
 * 32 bytes whose bit s belongs to weight l of sub-block s: eight weights of one sub-block to a byte. Transposes 8 × 8 bits at a
 * time in two words (Warren, Hacker's Delight, section 7-3), the last byte as the first row, so that bit i is weight i.
 */
export function writeBits(source: Uint8Array, from: number, target: Uint8Array, to: number): void {
  for (let byte = 0; byte < 4; byte++) {
    const at = from + 8 * byte;
    let x = source[at + 4] | (source[at + 5] << 8) | (source[at + 6] << 16) | (source[at + 7] << 24);
    let y = source[at] | (source[at + 1] << 8) | (source[at + 2] << 16) | (source[at + 3] << 24);
    let swapped = (x ^ (x >>> 7)) & 0x00aa00aa;
    x ^= swapped ^ (swapped << 7);
    swapped = (y ^ (y >>> 7)) & 0x00aa00aa;
    y ^= swapped ^ (swapped << 7);
    swapped = (x ^ (x >>> 14)) & 0x0000cccc;
    x ^= swapped ^ (swapped << 14);
    swapped = (y ^ (y >>> 14)) & 0x0000cccc;
    y ^= swapped ^ (swapped << 14);
    const upper = (x & 0xf0f0f0f0) | ((y >>> 4) & 0x0f0f0f0f);
    const lower = ((x << 4) & 0xf0f0f0f0) | (y & 0x0f0f0f0f);
    for (let s = 0; s < 4; s++) {
      target[to + 4 * s + byte] = lower >>> (8 * s);
      target[to + 16 + 4 * s + byte] = upper >>> (8 * s);
    }
  }
}

/** 32 bytes whose bits 2k and 2k + 1 belong to weight l of the k-th 32: four weights of one 32 to a byte. Transposes 4 × 4 pairs of bits in a word. */
export function writeBitPairs(source: Uint8Array, from: number, target: Uint8Array, to: number): void {
  for (let byte = 0; byte < 8; byte++) {
    const at = from + 4 * byte;
    let word = source[at] | (source[at + 1] << 8) | (source[at + 2] << 16) | (source[at + 3] << 24);
    let swapped = (word ^ (word >>> 6)) & 0x00cc00cc;
    word ^= swapped ^ (swapped << 6);
    swapped = (word ^ (word >>> 12)) & 0x0000f0f0;
    word ^= swapped ^ (swapped << 12);
    for (let k = 0; k < 4; k++) target[to + 8 * k + byte] = word >>> (8 * k);
  }
}
