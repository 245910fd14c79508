import { describe, expect, test } from 'vitest';
import { string, u32 } from '../../tests/support/gguf/values.ts';
import { ggmlTensor, shardKeys, writeGguf, type WrittenMetadata } from '../../tests/support/gguf/write-gguf.ts';
import { memorySource, type MemorySource } from '../../tests/support/memory-source.ts';
import { openShards, type GgufShards } from './open-shards.ts';

const nameOf = (index: number, count = 3): string => `dir/model-0000${index + 1}-of-0000${count}.gguf`;

function shard(index: number, { count = 3, tensors = [`t${index}`], total = 3, more = [] }: { count?: number; tensors?: string[]; total?: number; more?: WrittenMetadata } = {}): Uint8Array<ArrayBuffer> {
  return writeGguf({
    metadata: [...shardKeys(index, count, total), ...more],
    tensors: tensors.map((name) => ggmlTensor(name, 'F32', [4], new Uint8Array(16))),
  });
}

const first = shard(0, { more: [['general.architecture', string('llama')]] });
const whole = { [nameOf(0)]: first, [nameOf(1)]: shard(1), [nameOf(2)]: shard(2) };
const open = (files: Readonly<Record<string, Uint8Array<ArrayBuffer>>>, path: string): Promise<GgufShards> => openShards(memorySource(files), path, undefined);

describe('a split model', () => {
  test.each([0, 1, 2])('is opened by any of its files: %i', async (index) => {
    const { metadata, file, files, tensors } = await open(whole, nameOf(index));
    expect(metadata.get('general.architecture')).toBe('llama');
    expect(file).toBe(nameOf(0));
    expect([...files.keys()]).toEqual([nameOf(0), nameOf(1), nameOf(2)]);
    expect([...tensors.values()].map(({ name, file: of }) => [name, of])).toEqual([['t0', nameOf(0)], ['t1', nameOf(1)], ['t2', nameOf(2)]]);
  });

  test('may have no tensors in its first file', async () => {
    const { tensors } = await open({ ...whole, [nameOf(0)]: shard(0, { tensors: [], total: 2 }) }, nameOf(2));
    expect([...tensors.keys()]).toEqual(['t1', 't2']);
  });

  test('is read header by header', async () => {
    const source: MemorySource = memorySource({ ...whole, [nameOf(1)]: writeGguf({ metadata: [['split.no', u32(1)], ['split.count', u32(3)]], tensors: [ggmlTensor('big', 'F32', [1_000_000], new Uint8Array(4_000_000))] }) });
    await openShards(source, nameOf(0), undefined);
    expect(source.reads.reduce((sum, { start, end }) => sum + end - start, 0)).toBeLessThan(3 * 65_536);
  });

  test.each<[string, Record<string, Uint8Array<ArrayBuffer> | undefined>, number, object]>([
    ['without one of its files', { [nameOf(1)]: undefined }, 0, { code: 'checkpoint/missing-file', file: nameOf(1), message: expect.stringMatching(/in 3 files/) }],
    ['with a file of another split', { [nameOf(1)]: shard(1, { count: 2 }) }, 0, { code: 'checkpoint/gguf-split', file: nameOf(1) }],
    ['with files that changed places', { [nameOf(1)]: shard(2), [nameOf(2)]: shard(1) }, 0, { code: 'checkpoint/gguf-split' }],
    ['with a tensor in two files', { [nameOf(1)]: shard(1, { tensors: ['t0'] }) }, 0, { code: 'checkpoint/duplicate-tensor', file: nameOf(1), tensor: 't0' }],
    ['with too few tensors', { [nameOf(0)]: shard(0, { total: 5 }) }, 1, { code: 'checkpoint/gguf-split', file: nameOf(0), message: expect.stringMatching(/announces 5 tensors.*hold 3/) }],
    ['with a file that is none', { [nameOf(2)]: new TextEncoder().encode('not a GGUF file') }, 0, { code: 'checkpoint/not-gguf', file: nameOf(2) }],
    ['counted beyond its count', { [nameOf(1)]: shard(3) }, 1, { code: 'config', file: nameOf(1), key: 'split.no' }],
    ['with a count that is no number', { [nameOf(1)]: writeGguf({ metadata: [['split.count', string('3')]] }) }, 1, { code: 'config', file: nameOf(1), key: 'split.count' }],
  ])('%s is refused', async (_, changes, index, error) => {
    const files = Object.fromEntries(Object.entries({ ...whole, ...changes }).filter((entry): entry is [string, Uint8Array<ArrayBuffer>] => entry[1] !== undefined));
    await expect(open(files, nameOf(index))).rejects.toMatchObject(error);
  });

  test('under another name is refused with the right one', async () => {
    await expect(open({ 'renamed.gguf': shard(1) }, 'renamed.gguf')).rejects.toMatchObject({ code: 'checkpoint/gguf-split', file: 'renamed.gguf', message: expect.stringContaining('-00002-of-00003.gguf') });
  });
});

describe('a whole model', () => {
  test('needs no particular name, and one file', async () => {
    const source = memorySource({ 'a.gguf': writeGguf({ tensors: [ggmlTensor('t', 'F16', [2, 3], new Uint8Array(12))] }) });
    expect([...(await openShards(source, 'a.gguf', undefined)).tensors.keys()]).toEqual(['t']);
    expect(new Set(source.reads.map(({ file }) => file))).toEqual(new Set(['a.gguf']));
  });

  test('that is not there is said to be missing', async () => {
    await expect(open({}, 'a.gguf')).rejects.toMatchObject({ code: 'checkpoint/missing-file', file: 'a.gguf' });
  });
});
