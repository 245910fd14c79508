import { isInfiniteHalf } from '../../../shaders/common/half.ts';
import { groupScaleTable } from '../group-scale-table.ts';
import { copy, isFiniteHalf, type BlockType } from './block-writer.ts';

/** The half at `from` as a group scale. */
function writeGroupScale(source: Uint8Array, from: number, target: Uint8Array, to: number): boolean {
  const code = groupScaleTable('F16')[source[from] | (source[from + 1] << 8)];
  target[to] = code & 0xff;
  target[to + 1] = code >> 8;
  return !isInfiniteHalf(code);
}

/** Byte j holds weight j in its low nibble and weight j + size / 2 in its high one; `size` ≥ 4. */
export function writeSplitNibbles(source: Uint8Array, from: number, target: Uint8Array, to: number, size: number): void {
  const half = size / 4;
  for (let i = 0; i < half; i++) {
    const a = source[from + 2 * i];
    const b = source[from + 2 * i + 1];
    target[to + i] = (a & 15) | ((b & 15) << 4);
    target[to + half + i] = (a >> 4) | (b & 0xf0);
  }
}

const q4 = (format: 'int4' | 'iq4_nl'): BlockType => ({
  format,
  size: 32,
  bytes: 18,
  planeBytes: { quants: 16, high: 0, scales: 2 },
  write(source, at, { quants, scales }, to) {
    writeSplitNibbles(source, at + 2, quants, to.quants, 32);
    return writeGroupScale(source, at, scales, to.scales);
  },
});

export const Q4_0 = q4('int4');
export const IQ4_NL = q4('iq4_nl');

export const Q4_1: BlockType = {
  format: 'q4_1',
  size: 32,
  bytes: 20,
  planeBytes: { quants: 16, high: 0, scales: 4 },
  write(source, at, { quants, scales }, to) {
    writeSplitNibbles(source, at + 4, quants, to.quants, 32);
    copy(source, at, scales, to.scales, 4);
    return isFiniteHalf(source, at) && isFiniteHalf(source, at + 2);
  },
};

export const Q5_0: BlockType = {
  format: 'q5_0',
  size: 32,
  bytes: 22,
  planeBytes: { quants: 16, high: 4, scales: 2 },
  write(source, at, { quants, high, scales }, to) {
    writeSplitNibbles(source, at + 6, quants, to.quants, 32);
    copy(source, at + 2, high, to.high, 4);
    return writeGroupScale(source, at, scales, to.scales);
  },
};

export const Q5_1: BlockType = {
  format: 'q5_1',
  size: 32,
  bytes: 24,
  planeBytes: { quants: 16, high: 4, scales: 4 },
  write(source, at, { quants, high, scales }, to) {
    writeSplitNibbles(source, at + 8, quants, to.quants, 32);
    copy(source, at + 4, high, to.high, 4);
    copy(source, at, scales, to.scales, 4);
    return isFiniteHalf(source, at) && isFiniteHalf(source, at + 2);
  },
};

export const Q8_0: BlockType = {
  format: 'int8',
  size: 32,
  bytes: 34,
  planeBytes: { quants: 32, high: 0, scales: 2 },
  write(source, at, { quants, scales }, to) {
    copy(source, at + 2, quants, to.quants, 32);
    return writeGroupScale(source, at, scales, to.scales);
  },
};

export const MXFP4: BlockType = {
  format: 'mxfp4',
  size: 32,
  bytes: 17,
  planeBytes: { quants: 16, high: 0, scales: 1 },
  write(source, at, { quants, scales }, to) {
    writeSplitNibbles(source, at + 1, quants, to.quants, 32);
    scales[to.scales] = source[at];
    return source[at] !== 0xff;
  },
};
