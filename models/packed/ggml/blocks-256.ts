import { copy, isFiniteHalf, type BlockType } from './block-writer.ts';
import { writeSplitNibbles } from './blocks-32.ts';
import { writeBitPairs, writeBits } from './transpose-bits.ts';

/** Two sub-blocks of 32 for each 32 bytes, one in the low nibbles and one in the high ones. */
function writeNibblePairs(source: Uint8Array, from: number, target: Uint8Array, to: number): void {
  for (let part = 0; part < 4; part++) writeSplitNibbles(source, from + 32 * part, target, to + 32 * part, 64);
}

/** d, dmin and the six-bit scales and minima in 12 bytes, of which the last four of each have their upper two bits elsewhere. */
function writeScalesAndMins(source: Uint8Array, at: number, scales: Uint8Array, to: number): boolean {
  copy(source, at, scales, to, 4);
  const packed = at + 4;
  for (let j = 0; j < 4; j++) {
    scales[to + 4 + 2 * j] = source[packed + j] & 63;
    scales[to + 5 + 2 * j] = source[packed + 4 + j] & 63;
    scales[to + 12 + 2 * j] = (source[packed + 8 + j] & 15) | ((source[packed + j] >> 6) << 4);
    scales[to + 13 + 2 * j] = (source[packed + 8 + j] >> 4) | ((source[packed + 4 + j] >> 6) << 4);
  }
  return isFiniteHalf(source, at) && isFiniteHalf(source, at + 2);
}

/** The half d before 16 or 8 signed scales. */
function writeFactor(source: Uint8Array, at: number, scales: Uint8Array, to: number): boolean {
  copy(source, at, scales, to, 2);
  return isFiniteHalf(source, at);
}

export const Q4_K: BlockType = {
  format: 'q4_k',
  size: 256,
  bytes: 144,
  planeBytes: { quants: 128, high: 0, scales: 20 },
  write(source, at, { quants, scales }, to) {
    writeNibblePairs(source, at + 16, quants, to.quants);
    return writeScalesAndMins(source, at, scales, to.scales);
  },
};

export const Q5_K: BlockType = {
  format: 'q5_k',
  size: 256,
  bytes: 176,
  planeBytes: { quants: 128, high: 32, scales: 20 },
  write(source, at, { quants, high, scales }, to) {
    writeNibblePairs(source, at + 48, quants, to.quants);
    writeBits(source, at + 16, high, to.high);
    return writeScalesAndMins(source, at, scales, to.scales);
  },
};

export const Q6_K: BlockType = {
  format: 'q6_k',
  size: 256,
  bytes: 210,
  planeBytes: { quants: 128, high: 64, scales: 20 },
  write(source, at, { quants, high, scales }, to) {
    for (let half = 0; half < 2; half++) {
      const low = at + 64 * half;
      const upper = at + 128 + 32 * half;
      for (let i = 0; i < 32; i++) {
        // Weights 2i and 2i + 1 of the first 64 in the low nibbles, of the last 64 in the high ones.
        const a = source[low + 2 * i];
        const b = source[low + 2 * i + 1];
        quants[to.quants + 64 * half + i] = (a & 15) | ((b & 15) << 4);
        quants[to.quants + 64 * half + 32 + i] = (a >> 4) | (b & 0xf0);
      }
      writeBitPairs(source, upper, high, to.high + 32 * half);
    }
    copy(source, at + 192, scales, to.scales + 4, 16);
    return writeFactor(source, at + 208, scales, to.scales);
  },
};

function writeTwoBits(source: Uint8Array, from: number, target: Uint8Array, to: number): void {
  writeBitPairs(source, from, target, to);
  writeBitPairs(source, from + 32, target, to + 32);
}

export const Q2_K: BlockType = {
  format: 'q2_k',
  size: 256,
  bytes: 84,
  planeBytes: { quants: 64, high: 0, scales: 20 },
  write(source, at, planes, to) {
    writeTwoBits(source, at + 16, planes.quants, to.quants);
    copy(source, at, planes.scales, to.scales + 4, 16);
    copy(source, at + 80, planes.scales, to.scales, 4);
    return isFiniteHalf(source, at + 80) && isFiniteHalf(source, at + 82);
  },
};

export const Q3_K: BlockType = {
  format: 'q3_k',
  size: 256,
  bytes: 110,
  planeBytes: { quants: 64, high: 32, scales: 20 },
  write(source, at, planes, to) {
    writeTwoBits(source, at + 32, planes.quants, to.quants);
    writeBits(source, at, planes.high, to.high);
    const packed = at + 96;
    for (let i = 0; i < 16; i++) {
      const low = i < 8 ? source[packed + i] & 15 : source[packed + i - 8] >> 4;
      const upper = (source[packed + 8 + (i % 4)] >> (2 * Math.floor(i / 4))) & 3;
      planes.scales[to.scales + 4 + i] = (low | (upper << 4)) - 32;
    }
    return writeFactor(source, at + 108, planes.scales, to.scales);
  },
};

export const IQ4_XS: BlockType = {
  format: 'iq4_xs',
  size: 256,
  bytes: 136,
  planeBytes: { quants: 128, high: 0, scales: 12 },
  write(source, at, { quants, scales }, to) {
    for (let s = 0; s < 8; s++) {
      writeSplitNibbles(source, at + 8 + 16 * s, quants, to.quants + 16 * s, 32);
      const low = (source[at + 4 + (s >> 1)] >> (4 * (s & 1))) & 15;
      const upper = (source[at + 2 + (s >> 2)] >> (2 * (s & 3))) & 3;
      scales[to.scales + 4 + s] = (low | (upper << 4)) - 32;
    }
    return writeFactor(source, at, scales, to.scales);
  },
};
