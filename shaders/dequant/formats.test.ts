import { describe, expect, test } from 'vitest';
import { bytesPerRow, describeFormat, WEIGHT_FORMATS } from './formats.ts';

describe('bytesPerRow', () => {
  test.each([
    ['f32', 1, 128],
    ['f32', 64, 256],
    ['f16', 33, 128],
    ['int8', 32, 36],
    ['int8', 64, 68],
    ['int8', 65, 104],
    ['int4', 32, 20],
    ['int4', 64, 36],
    ['int4', 1024, 576],
    ['fp8', 100, 132],
  ] as const)('%s of %d inputs takes %d bytes', (format, inputs, bytes) => {
    expect(bytesPerRow(format, inputs)).toBe(bytes);
  });

  test('rows are whole words, and those of 4 bits or more a code whole vec4<u32>', () => {
    for (const format of WEIGHT_FORMATS) {
      for (const inputs of [1, 31, 32, 33, 100, 513]) {
        for (const { name, bytesPerRow: bytes } of describeFormat(format).planes) expect(bytes(inputs) % (name === 'quants' && !format.startsWith('q2') && !format.startsWith('q3') ? 16 : 4)).toBe(0);
      }
    }
  });
});
