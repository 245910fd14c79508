import { expect, test } from 'vitest';
import { bool, strings } from './values.ts';
import { ggmlTensor, writeGguf } from './write-gguf.ts';

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');

/** From what one reads in a hex dump. */
const dump = (...lines: readonly string[]): string => lines.join(' ');

const ascii = (text: string): string => hex(new TextEncoder().encode(text));

test('a file is what the format says, byte by byte', () => {
  const file = writeGguf({
    version: 2,
    alignment: 8,
    metadata: [['k', strings(['é', ''])], ['b', bool(true)]],
    tensors: [
      ggmlTensor('a', 'F16', [3], Uint8Array.of(1, 2, 3, 4, 5, 6)),
      ggmlTensor('m', 'F32', [1, 2], Uint8Array.of(9, 9, 9, 9, 8, 8, 8, 8)),
    ],
  });
  const header = dump(
    ascii('GGUF'),
    '02 00 00 00',
    '02 00 00 00 00 00 00 00',
    '03 00 00 00 00 00 00 00',
    dump('01 00 00 00 00 00 00 00', ascii('k'), '09 00 00 00', '08 00 00 00', '02 00 00 00 00 00 00 00'),
    dump('02 00 00 00 00 00 00 00 c3 a9', '00 00 00 00 00 00 00 00'),
    dump('01 00 00 00 00 00 00 00', ascii('b'), '07 00 00 00', '01'),
    dump('11 00 00 00 00 00 00 00', ascii('general.alignment'), '04 00 00 00', '08 00 00 00'),
    dump('01 00 00 00 00 00 00 00', ascii('a'), '01 00 00 00', '03 00 00 00 00 00 00 00', '01 00 00 00', '00 00 00 00 00 00 00 00'),
    // The fastest dimension comes first.
    dump('01 00 00 00 00 00 00 00', ascii('m'), '02 00 00 00', '02 00 00 00 00 00 00 00', '01 00 00 00 00 00 00 00', '00 00 00 00', '08 00 00 00 00 00 00 00'),
  );
  const padding = '00 '.repeat((8 - (header.split(' ').length % 8)) % 8);
  expect(hex(file)).toBe(`${header} ${padding}01 02 03 04 05 06 00 00 09 09 09 09 08 08 08 08`);
});

test('bytes that are not those of the shape are an error', () => {
  expect(() => ggmlTensor('a', 'Q8_0', [2, 32], new Uint8Array(67))).toThrow('a has 67 bytes, not 68');
});
