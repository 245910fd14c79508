import { describe, expect, test } from 'vitest';
import { cpuTime } from '../../tests/support/cpu-time.ts';
import { array, bool, bools, f32, number, numbers, string, strings, u32 } from '../../tests/support/gguf/values.ts';
import { writeGguf, type GgufContents, type WrittenTensor } from '../../tests/support/gguf/write-gguf.ts';
import { memorySource } from '../../tests/support/memory-source.ts';
import { locateTensors } from './locate-tensors.ts';
import type { GgufHeader } from './parse-header.ts';
import { readHeader } from './read-header.ts';

async function read(bytes: Uint8Array<ArrayBuffer>): Promise<GgufHeader> {
  const file = await memorySource({ 'x.gguf': bytes }).open('x.gguf');
  if (!file) throw new Error('the file should be there');
  return readHeader(file);
}

async function locate(written: GgufContents) {
  const bytes = writeGguf(written);
  return locateTensors('x.gguf', await read(bytes), bytes.length);
}

const tensor = (name: string, shape: number[], type = 0, length = shape.reduce((a, b) => a * b, 4), more: Partial<WrittenTensor> = {}): WrittenTensor => ({ name, type, shape, bytes: new Uint8Array(length).fill(7), ...more });

describe('metadata', () => {
  test.each([2, 3])('of every type is read from version %i', async (version) => {
    const { metadata } = await read(
      writeGguf({
        version,
        metadata: [
          ['a.u8', number('u8', 255)],
          ['a.i8', number('i8', -128)],
          ['a.u16', number('u16', 65_535)],
          ['a.i16', number('i16', -32_768)],
          ['a.u32', u32(4_294_967_295)],
          ['a.i32', number('i32', -2_147_483_648)],
          ['a.f32', f32(0.5)],
          ['a.yes', bool(true)],
          ['a.no', bool(false)],
          ['a.string', string('né\0 🦥')],
          ['a.empty', string('')],
          ['a.u64', number('u64', Number.MAX_SAFE_INTEGER)],
          ['a.i64', number('i64', -Number.MAX_SAFE_INTEGER)],
          ['a.f64', number('f64', Math.PI)],
          ['a.bytes', numbers('u8', [1, 2])],
          ['a.ints', numbers('i32', [-1, 2])],
          ['a.floats', numbers('f32', [0.25])],
          ['a.longs', numbers('i64', [-5, 2 ** 40])],
          ['a.strings', strings(['x', '', 'ÿ'])],
          ['a.flags', bools([true, false])],
          ['a.nested', array(9, [numbers('u16', [7]), strings(['y'])])],
          ['a.none', strings([])],
          ['__proto__', u32(1)],
        ],
      }),
    );
    expect([...metadata]).toEqual([
      ['a.u8', 255],
      ['a.i8', -128],
      ['a.u16', 65_535],
      ['a.i16', -32_768],
      ['a.u32', 4_294_967_295],
      ['a.i32', -2_147_483_648],
      ['a.f32', 0.5],
      ['a.yes', true],
      ['a.no', false],
      ['a.string', 'né\0 🦥'],
      ['a.empty', ''],
      ['a.u64', Number.MAX_SAFE_INTEGER],
      ['a.i64', -Number.MAX_SAFE_INTEGER],
      ['a.f64', Math.PI],
      ['a.bytes', Uint8Array.of(1, 2)],
      ['a.ints', Int32Array.of(-1, 2)],
      ['a.floats', Float32Array.of(0.25)],
      ['a.longs', Float64Array.of(-5, 2 ** 40)],
      ['a.strings', ['x', '', 'ÿ']],
      ['a.flags', [true, false]],
      ['a.nested', [Uint16Array.of(7), ['y']]],
      ['a.none', []],
      ['__proto__', 1],
    ]);
  });

  const raw = (type: number, ...bytes: number[]) => ({ type, bytes: Uint8Array.from(bytes) });
  const nested = (depth: number): ReturnType<typeof array> => (depth === 0 ? numbers('u8', [1]) : array(9, [nested(depth - 1)]));
  test.each<[string, GgufContents, string, RegExp]>([
    ['a key twice', { metadata: [['k', u32(1)], ['k', u32(2)]] }, 'header', /"k" occurs twice/],
    ['an empty key', { metadata: [['', u32(1)]] }, 'header', /pair 0 has a key of 0 characters/],
    ['a key that is too long', { metadata: [['k'.repeat(65_536), u32(1)]] }, 'header', /key of 65536 characters/],
    ['an unknown type', { metadata: [['k', raw(13, 0)]] }, 'header', /"k" has the value type 13/],
    ['an unknown element type', { metadata: [['k', raw(9, 99, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0)]] }, 'header', /"k" has the value type 99/],
    ['no truth value', { metadata: [['k', raw(7, 2)]] }, 'header', /"k" is a truth value of 2/],
    ['text that is no UTF-8', { metadata: [['k', raw(8, 1, 0, 0, 0, 0, 0, 0, 0, 0xff)]] }, 'text-encoding', /"k" is not UTF-8/],
    ['an integer beyond 2^53', { metadata: [['k', number('u64', 2n ** 53n)]] }, 'header', /"k" is an integer beyond/],
    ['a negative one', { metadata: [['k', number('i64', -(2n ** 60n))]] }, 'header', /"k" is an integer beyond/],
    ['a string longer than the file', { metadata: [['k', raw(8, 0, 0, 0, 0, 1, 0, 0, 0)]] }, 'header', /"k" announces 4294967296 bytes of text/],
    ['a string of 2^63 bytes', { metadata: [['k', raw(8, 0, 0, 0, 0, 0, 0, 0, 128)]] }, 'header', /"k" has a length beyond/],
    ['an array longer than the file', { metadata: [['k', raw(9, 4, 0, 0, 0, 255, 255, 255, 0, 0, 0, 0, 0)]] }, 'header', /"k" announces 16777215 elements/],
    ['arrays nested too deep', { metadata: [['k', nested(9)]] }, 'header', /nested more than 8/],
    ['more pairs than fit', { counts: { metadata: 2 ** 40 } }, 'header', /announces 1099511627776 metadata pairs/],
    ['more tensors than fit', { counts: { tensors: 2 ** 40 } }, 'header', /announces 1099511627776 tensors/],
    ['counts beyond 2^53', { counts: { tensors: 2n ** 63n } }, 'header', /tensor count beyond/],
    ['version 1', { version: 1 }, 'gguf-version', /version 1.*convert/],
    ['a later version', { version: 4 }, 'gguf-version', /version 4/],
    ['big-endian order', { version: 0x03000000 }, 'gguf-version', /big-endian.*gguf_convert_endian/],
    ['no version', { version: 0 }, 'gguf-version', /version 0/],
    ['a tensor twice', { tensors: [tensor('t', [4]), tensor('t', [4])] }, 'duplicate-tensor', /"t": occurs twice/],
    ['a tensor without a name', { tensors: [tensor('', [4])] }, 'header', /name of 0 characters/],
    ['a tensor with a long name', { tensors: [tensor('t'.repeat(129), [4])] }, 'header', /name of 129 characters/],
    ['five dimensions', { tensors: [tensor('t', [1, 1, 1, 1, 4])] }, 'header', /"t" has 5 dimensions/],
    ['a dimension of 0', { tensors: [tensor('t', [4, 0])] }, 'header', /"t" has the dimensions \[0, 4\]/],
  ])('with %s is refused', async (_, written, problem, message) => {
    await expect(read(writeGguf(written))).rejects.toMatchObject({ code: `checkpoint/${problem}`, file: 'x.gguf', message: expect.stringMatching(message) });
  });

  test('cut off anywhere is said to be cut off or damaged', async () => {
    const whole = writeGguf({ metadata: [['general.name', string('x')], ['k', numbers('u32', [1, 2, 3])]], tensors: [tensor('t', [2, 4])] });
    const { length } = await read(whole);
    for (let end = 0; end < length; end++) await expect(read(whole.slice(0, end))).rejects.toMatchObject({ code: expect.stringMatching(/^checkpoint\/(truncated|header)$/) });
  });

  test.each([
    ['PK\u0003\u0004 and so on', /zip archive/],
    ['GGML and so on', /from before GGUF/],
    ['<!doctype html>', /web page/],
    ['version https://git-lfs.github.com/spec/v1\nsize 5', /Git LFS pointer/],
  ])('is no GGUF: %s', async (text, message) => {
    await expect(read(new TextEncoder().encode(text))).rejects.toThrow(message);
  });
});

describe('the header alone is read', () => {
  test('in windows that double, of a vocabulary of megabytes', async () => {
    const tokens = Array.from({ length: 50_000 }, (_, i) => `token ${i}`);
    const data = new Uint8Array(40_000_000);
    const bytes = writeGguf({ metadata: [['tokenizer.ggml.tokens', strings(tokens)], ['tokenizer.ggml.scores', numbers('f32', tokens.map((_, i) => i))]], tensors: [{ name: 't', type: 0, shape: [10_000_000], bytes: data }] });
    const source = memorySource({ 'x.gguf': bytes });
    const file = await source.open('x.gguf');
    if (!file) throw new Error('the file should be there');
    const began = cpuTime();
    const header = await readHeader(file);
    expect(cpuTime() - began).toBeLessThan(2000);
    expect(header.metadata.get('tokenizer.ggml.tokens')).toEqual(tokens);
    const total = source.reads.reduce((sum, { start, end }) => sum + end - start, 0);
    expect(total).toBeLessThan(2 * header.length + 65_536);
    source.reads.forEach(({ start }, i) => expect(start).toBe(i === 0 ? 0 : source.reads[i - 1].end));
  });
});

describe('tensors', () => {
  test('lie behind the header, in file order, their shapes row-major', async () => {
    const tensors = [tensor('b', [2, 32], 8, 68), tensor('a', [3], 0, 12), tensor('odd', [4, 5], 16, 100), tensor('c', [1, 256], 12, 144)];
    const bytes = writeGguf({ tensors });
    const header = await read(bytes);
    const start = Math.ceil(header.length / 32) * 32;
    expect(locateTensors('x.gguf', header, bytes.length)).toEqual([
      { name: 'b', dtype: 'Q8_0', shape: [2, 32], byteLength: 68, file: 'x.gguf', offset: start },
      { name: 'a', dtype: 'F32', shape: [3], byteLength: 12, file: 'x.gguf', offset: start + 96 },
      // What is not understood ends where the next begins.
      { name: 'odd', dtype: 'IQ2_XXS', shape: [4, 5], byteLength: 128, file: 'x.gguf', offset: start + 128 },
      { name: 'c', dtype: 'Q4_K', shape: [1, 256], byteLength: 144, file: 'x.gguf', offset: start + 256 },
    ]);
  });

  test('keep to the alignment that the file names', async () => {
    const tensors = [tensor('a', [1]), tensor('b', [1])];
    const located = await locate({ alignment: 128, tensors });
    expect(located.map(({ offset }) => offset % 128)).toEqual([0, 0]);
    expect(located[1].offset - located[0].offset).toBe(128);
  });

  test.each<[string, GgufContents, string, RegExp]>([
    ['out of line', { tensors: [tensor('t', [4], 0, 16, { offset: 8 })] }, 'tensor-range', /no multiple of the alignment/],
    ['inside another', { tensors: [tensor('s', [16]), tensor('t', [4], 0, 16, { offset: 32 })] }, 'tensor-overlap', /inside tensor "s"/],
    ['beyond the end', { tensors: [tensor('t', [100], 0, 16)] }, 'truncated', /the file has only/],
    ['of unknown type beyond the end', { tensors: [tensor('t', [100], 99, 0, { offset: 2 ** 40 })] }, 'truncated', /the file has only/],
    ['with half a block', { tensors: [tensor('t', [2, 40], 8)] }, 'tensor-size', /40 elements, which Q8_0 cannot hold in blocks of 32/],
    ['with too many elements', { tensors: [tensor('t', [2 ** 40, 2 ** 40], 0, 4)] }, 'tensor-size', /too many elements/],
  ])('%s are refused', async (_, written, problem, message) => {
    const bytes = writeGguf({ ...written, tensors: written.tensors?.map((t) => (t.offset !== undefined && t.offset > 2 ** 30 ? { ...t, offset: 0 } : t)) ?? [] });
    const header = await read(bytes);
    const tensors = header.tensors.map((t, i) => ({ ...t, offset: written.tensors?.[i].offset ?? t.offset }));
    expect(() => locateTensors('x.gguf', { ...header, tensors }, bytes.length)).toThrow(expect.objectContaining({ code: `checkpoint/${problem}`, file: 'x.gguf', tensor: 't', message: expect.stringMatching(message) }));
  });

  test.each([f32(0.3), u32(0), u32(48), string('32')])('are not looked for with a senseless alignment', async (alignment) => {
    await expect(locate({ metadata: [['general.alignment', alignment]] })).rejects.toMatchObject({ code: 'config', key: 'general.alignment' });
  });
});
