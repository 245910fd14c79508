import { describe, expect, test } from 'vitest';
import { uniform } from '../../shaders/random.ts';
import { byteTensor, patternBytes, writeRaw, writeSafetensors } from '../../tests/support/write-safetensors.ts';
import { CheckpointError } from '../errors/checkpoint-error.ts';
import { openSource } from '../sources/open-source.ts';
import { readHeader } from './read-header.ts';
import type { TensorInfo } from '../checkpoint/tensor-info.ts';

async function parse(bytes: BlobPart): Promise<TensorInfo[]> {
  const file = await (await openSource([new File([bytes], 'model.safetensors')])).open('model.safetensors');
  if (!file) throw new Error('the file should be there');
  return readHeader(file);
}

async function failure(bytes: BlobPart): Promise<unknown> {
  return parse(bytes).then(
    () => expect.fail('should have been refused'),
    (error: unknown) => error,
  );
}

/** A header with these entries over `size` bytes of data. */
function withHeader(entries: Readonly<Record<string, unknown>> | string, size: number): Uint8Array<ArrayBuffer> {
  return writeRaw(typeof entries === 'string' ? entries : JSON.stringify(entries), [patternBytes(size)]);
}

const entry = (begin: number, end: number, dtype = 'U8', shape: unknown = [end - begin]): object => ({ dtype, shape, data_offsets: [begin, end] });

describe('readHeader', () => {
  test('gives tensors in file order with absolute offsets', async () => {
    const bytes = writeSafetensors(
      [
        { name: 'b', dtype: 'BF16', shape: [3, 5], bytes: patternBytes(30) },
        { name: 'scalar', dtype: 'F32', shape: [], bytes: patternBytes(4) },
        { name: 'empty', dtype: 'F32', shape: [4, 0], bytes: new Uint8Array(0) },
        byteTensor('a', 100_000),
        { name: 'last', dtype: 'I64', shape: [0], bytes: new Uint8Array(0) },
      ],
      { format: 'pt' },
    );
    const tensors = await parse(bytes);
    const start = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(tensors).toEqual([
      { name: 'b', dtype: 'BF16', shape: [3, 5], byteLength: 30, file: 'model.safetensors', offset: start },
      { name: 'scalar', dtype: 'F32', shape: [], byteLength: 4, file: 'model.safetensors', offset: start + 30 },
      { name: 'empty', dtype: 'F32', shape: [4, 0], byteLength: 0, file: 'model.safetensors', offset: start + 34 },
      { name: 'a', dtype: 'U8', shape: [100_000], byteLength: 100_000, file: 'model.safetensors', offset: start + 34 },
      { name: 'last', dtype: 'I64', shape: [0], byteLength: 0, file: 'model.safetensors', offset: start + 100_034 },
    ]);
  });

  test('reads a file without tensors, an odd name and a dtype that it does not know', async () => {
    expect(await parse(withHeader({}, 0))).toEqual([]);
    expect(await parse(withHeader({ __proto__x: entry(0, 2), '__proto__ "é"': entry(2, 5, 'F4_NEW', [6]) }, 5))).toMatchObject([{ name: '__proto__x' }, { name: '__proto__ "é"', dtype: 'F4_NEW', byteLength: 3 }]);
    expect(await parse(withHeader('{"__proto__": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}}', 1))).toMatchObject([{ name: '__proto__' }]);
  });

  test.each<[string, Uint8Array<ArrayBuffer>, string, string | undefined, RegExp]>([
    ['hole at the start', withHeader({ a: entry(1, 3) }, 3), 'tensor-hole', 'a', /the header before it ends/],
    ['hole', withHeader({ a: entry(0, 3), b: entry(4, 6) }, 6), 'tensor-hole', 'b', /"a" before it ends/],
    ['bytes at the end', withHeader({ a: entry(0, 3) }, 5), 'tensor-hole', undefined, /2 bytes after its last tensor/],
    ['overlap', withHeader({ a: entry(0, 3), b: entry(2, 6) }, 6), 'tensor-overlap', 'b', /inside tensor "a"/],
    ['same bytes twice', withHeader({ a: entry(0, 3), b: entry(0, 3) }, 3), 'tensor-overlap', 'b', /inside tensor "a"/],
    ['data cut', withHeader({ a: entry(0, 3), b: entry(3, 6) }, 5), 'truncated', 'b', /only \d+ bytes/],
    ['end before begin', withHeader({ a: entry(3, 0, 'U8', [3]) }, 3), 'tensor-range', 'a', /end at 0, before they begin at 3/],
    ['shape too large', withHeader({ a: entry(0, 3, 'U8', [4]) }, 3), 'tensor-size', 'a', /U8 \[4\] takes 4 bytes, its data_offsets give 3/],
    ['dtype too small', withHeader({ a: entry(0, 3, 'F32', [3]) }, 3), 'tensor-size', 'a', /F32 \[3\] takes 12 bytes/],
    ['shape overflows', withHeader({ a: entry(0, 0, 'F32', [2 ** 52, 2 ** 52]) }, 0), 'tensor-size', 'a', /too many/],
    ['negative shape', withHeader({ a: entry(0, 3, 'U8', [-3]) }, 3), 'tensor-entry', 'a', /\[-3\]/],
    ['fractional shape', withHeader({ a: entry(0, 3, 'U8', [1.5, 2]) }, 3), 'tensor-entry', 'a', /shape/],
    ['shape as text', withHeader({ a: entry(0, 3, 'U8', '3') }, 3), 'tensor-entry', 'a', /shape/],
    ['offsets beyond 2^53', withHeader({ a: entry(0, 2 ** 60) }, 3), 'tensor-entry', 'a', /shape|data_offsets/],
    ['three offsets', withHeader({ a: { dtype: 'U8', shape: [3], data_offsets: [0, 3, 3] } }, 3), 'tensor-entry', 'a', /data_offsets/],
    ['no dtype', withHeader({ a: { shape: [3], data_offsets: [0, 3] } }, 3), 'tensor-entry', 'a', /dtype/],
    ['no entry', withHeader({ a: null }, 0), 'tensor-entry', 'a', /null/],
    ['metadata of numbers', withHeader({ __metadata__: { a: 1 } }, 0), 'header', undefined, /__metadata__/],
    ['name twice', withHeader('{"a": {"dtype":"U8","shape":[1],"data_offsets":[0,1]}, "a": {"dtype":"U8","shape":[1],"data_offsets":[1,2]}}', 2), 'duplicate-tensor', undefined, /"a" occurs twice/],
    ['broken JSON', withHeader('{"a": }', 0), 'header', undefined, /line 1, column 7/],
    ['NaN in a shape', withHeader('{"a": {"dtype":"U8","shape":[NaN],"data_offsets":[0,1]}}', 1), 'header', undefined, /not valid JSON/],
    ['a list', withHeader('[1]', 0), 'not-safetensors', undefined, /does not begin with "\{"/],
  ])('%s', async (_what, bytes, problem, tensor, message) => {
    const error = await failure(bytes);
    expect(error).toBeInstanceOf(CheckpointError);
    expect(error).toMatchObject({ code: `checkpoint/${problem}`, file: 'model.safetensors', tensor, message: expect.stringMatching(message) });
  });

  test('text that is no UTF-8', async () => {
    const bytes = withHeader({ abc: entry(0, 1) }, 1);
    bytes[10] = 0xff;
    expect(await failure(bytes)).toMatchObject({ code: 'checkpoint/header', message: expect.stringContaining('UTF-8') });
  });

  test.each<[string, BlobPart, string, RegExp]>([
    ['nothing', '', 'truncated', /0 bytes/],
    ['5 bytes', 'abcde', 'truncated', /5 bytes/],
    ['a cut header', writeSafetensors([byteTensor('a', 10)]).slice(0, 30), 'truncated', /header should end at byte/],
    ['zeros', new Uint8Array(100), 'not-safetensors', /header of 0 bytes/],
    ['a PyTorch zip', 'PK\u0003\u0004\0\0\b\b archive/data.pkl', 'not-safetensors', /PyTorch checkpoint/],
    ['a pickle', Uint8Array.of(0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20), 'not-safetensors', /pickle/],
    ['GGUF', 'GGUF\u0003\0\0\0\0\0\0\0\0\0\0\0\0\0', 'not-safetensors', /GGUF/],
    ['HTML', '<!DOCTYPE html><html><body>Sign in</body></html>', 'not-safetensors', /web page/],
    ['JSON', '{"error": "Repository not found"}', 'not-safetensors', /JSON/],
    ['a Git LFS pointer', 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n', 'git-lfs-pointer', /12345 bytes.*git lfs pull/],
  ])('%s in place of a file', async (_what, bytes, problem, message) => {
    expect(await failure(bytes)).toMatchObject({ code: `checkpoint/${problem}`, message: expect.stringMatching(message) });
  });

  test('whatever is changed in a header, the answer is a valid layout or a typed error', async () => {
    const whole = writeSafetensors([byteTensor('model.a', 40), byteTensor('model.b', 24), { name: 'c', dtype: 'F16', shape: [2, 3], bytes: patternBytes(12) }, byteTensor('d', 0)], { format: 'pt' });
    const headerEnd = 8 + Number(new DataView(whole.buffer).getBigUint64(0, true));
    const next = uniform(20);
    const pick = (limit: number): number => Math.floor(next() * limit);
    const digits = new TextEncoder().encode('0123456789');
    let accepted = 0;
    for (let round = 0; round < 600; round++) {
      let bytes: Uint8Array<ArrayBuffer> = whole.slice();
      for (let change = pick(3); change >= 0; change--) {
        const at = pick(headerEnd);
        const kind = pick(5);
        if (kind === 0) bytes[at] = pick(256);
        else if (kind === 1) bytes[at] ^= 1 << pick(8);
        else if (kind === 2) bytes = bytes.slice(0, pick(bytes.length + 1));
        else if (kind === 3) bytes.copyWithin(at, pick(headerEnd), pick(headerEnd));
        // Digits for digits, so that many headers still parse and only their numbers are wrong.
        else for (let i = at; i < bytes.length && i < headerEnd; i++) if (digits.includes(bytes[i])) { bytes[i] = digits[pick(10)]; break; }
      }
      let tensors: TensorInfo[];
      try {
        tensors = await parse(bytes);
      } catch (error) {
        if (!(error instanceof CheckpointError)) throw error;
        continue;
      }
      accepted++;
      let position = tensors[0]?.offset ?? bytes.length;
      for (const { offset, byteLength, shape } of tensors) {
        expect(offset).toBe(position);
        expect(shape.every((size) => Number.isSafeInteger(size) && size >= 0)).toBe(true);
        position += byteLength;
      }
      expect(position).toBe(bytes.length);
    }
    expect(accepted).toBeGreaterThan(20);
    expect(accepted).toBeLessThan(500);
  });
});
