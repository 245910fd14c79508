import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { writeRaw, type WrittenTensor } from '../support/write-safetensors.ts';
import { CONFIG, fetchFolder, readTensors, text, toFiles, WEIGHTS, withConfig, withElement, without, withTensor, withTensors, type Folder } from './checkpoint-folder.ts';
import { expectLoadFailure, logitsOf, type Failure } from './load-checks.ts';

const GOOD = await fetchFolder('arch/llama');
const NORM = 'model.norm.weight';
const QUERY = 'model.layers.1.self_attn.q_proj.weight';

let reference: Float32Array;
beforeAll(async () => {
  reference = await logitsOf(toFiles(GOOD));
});
// Whatever failed, the next load in the same page gives what the first gave.
afterEach(async () => {
  expect(await logitsOf(toFiles(GOOD))).toEqual(reference);
});

const withWeights = (bytes: Uint8Array<ArrayBuffer>): Folder => ({ ...GOOD, [WEIGHTS]: bytes });
const cut = (end: number): Folder => withWeights(GOOD[WEIGHTS].slice(0, end));
const startingWith = (...head: readonly (string | readonly number[])[]): Folder => {
  const bytes = GOOD[WEIGHTS].slice();
  bytes.set(head.flatMap((part) => (typeof part === 'string' ? [...text(part)] : [...part])));
  return withWeights(bytes);
};
const headerLength = (length: bigint): Folder => {
  const bytes = GOOD[WEIGHTS].slice();
  new DataView(bytes.buffer).setBigUint64(0, length, true);
  return withWeights(bytes);
};
/** With some entries of the header changed, the data as they are. */
function withHeader(change: (header: Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }>) => void): Folder {
  const bytes = GOOD[WEIGHTS];
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  change(header);
  return withWeights(writeRaw(JSON.stringify(header), [bytes.subarray(8 + length)]));
}
const changed = (name: string, change: Partial<WrittenTensor>): Folder => withTensor(GOOD, name, (tensor) => ({ ...tensor, ...change }));
const named = (name: string): WrittenTensor => {
  const tensor = readTensors(GOOD[WEIGHTS]).find((candidate) => candidate.name === name);
  if (!tensor) throw new Error(`the fixture has no tensor ${name}`);
  return tensor;
};
const size = GOOD[WEIGHTS].length;
const lastTensor = readTensors(GOOD[WEIGHTS]).at(-1)?.name ?? '';

const FILES: readonly (readonly [title: string, folder: () => Folder, failure: Failure])[] = [
  ['weights without their last byte', () => cut(size - 1), { code: 'checkpoint/truncated', file: WEIGHTS, tensor: lastTensor }],
  ['half of the weights', () => cut(size / 2), { code: 'checkpoint/truncated', file: WEIGHTS, message: /has only 86352 bytes/ }],
  ['weights cut inside their header', () => cut(1000), { code: 'checkpoint/truncated', file: WEIGHTS }],
  ['weights of four bytes', () => cut(4), { code: 'checkpoint/truncated', file: WEIGHTS }],
  ['empty weights', () => cut(0), { code: 'checkpoint/truncated', file: WEIGHTS }],
  ['a zip archive as weights', () => startingWith('PK', [3, 4, 20, 0, 0, 0, 8, 0]), { code: 'checkpoint/not-safetensors', file: WEIGHTS, message: /zip archive/ }],
  ['a pickle as weights', () => startingWith([0x80, 2, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9]), { code: 'checkpoint/not-safetensors', file: WEIGHTS, message: /pickle/ }],
  ['a GGUF file as weights', () => startingWith('GGUF', [3, 0, 0, 0, 1, 0, 0, 0]), { code: 'checkpoint/not-safetensors', file: WEIGHTS, message: /GGUF/ }],
  ['a web page as weights', () => withWeights(text('<!doctype html><html><title>404</title></html>')), { code: 'checkpoint/not-safetensors', file: WEIGHTS, message: /web page/ }],
  ['a JSON message as weights', () => withWeights(text('{"error": "no such file"}')), { code: 'checkpoint/not-safetensors', file: WEIGHTS, message: /JSON/ }],
  ['a Git LFS pointer as weights', () => withWeights(text('version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 172704\n')), { code: 'checkpoint/git-lfs-pointer', file: WEIGHTS }],
  ['a Git LFS pointer as config', () => ({ ...GOOD, [CONFIG]: text('version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 600\n') }), { code: 'checkpoint/git-lfs-pointer', file: CONFIG }],
  ['a header as long as the file', () => headerLength(BigInt(size)), { code: 'checkpoint/truncated', file: WEIGHTS }],
  ['a header of 2⁶³ bytes', () => headerLength(2n ** 63n), { code: 'checkpoint/not-safetensors', file: WEIGHTS }],
  ['a header of no bytes', () => headerLength(0n), { code: 'checkpoint/not-safetensors', file: WEIGHTS }],
  ['a header that ends early', () => headerLength(400n), { code: 'checkpoint/header', file: WEIGHTS }],
  ['a tensor inside another', () => withHeader((header) => (header[NORM].data_offsets = [32, 128])), { code: 'checkpoint/tensor-overlap', file: WEIGHTS }],
  ['a tensor beyond the file', () => withHeader((header) => (header[NORM].data_offsets = [2 * size, 2 * size + 96])), { code: 'checkpoint/tensor-hole', file: WEIGHTS }],
  ['a tensor that ends before it begins', () => withHeader((header) => (header[NORM].data_offsets = [96, 0])), { code: 'checkpoint/tensor-range', file: WEIGHTS, tensor: NORM }],
  ['a tensor with negative offsets', () => withHeader((header) => (header[NORM].data_offsets = [-96, 0])), { code: 'checkpoint/tensor-entry', file: WEIGHTS, tensor: NORM }],
  ['a tensor of another size than its bytes', () => withHeader((header) => (header[NORM].shape = [47])), { code: 'checkpoint/tensor-size', file: WEIGHTS, tensor: NORM }],
  ['a tensor too many', () => withTensors(GOOD, (tensors) => [...tensors, { ...named(NORM), name: 'model.layers.3.mlp.extra.weight' }]), { code: 'checkpoint/unexpected-tensor', file: WEIGHTS, tensor: 'model.layers.3.mlp.extra.weight' }],
  ['a missing tensor', () => withTensors(GOOD, (tensors) => tensors.filter(({ name }) => name !== QUERY)), { code: 'checkpoint/missing-tensor', file: WEIGHTS, tensor: QUERY }],
  ['a misspelt tensor', () => changed(QUERY, { name: 'model.layers.1.self_attn.q_project.weight' }), { code: 'checkpoint/missing-tensor', file: WEIGHTS, tensor: QUERY, message: /nearest names are "model\.layers\.1\.self_attn\.q_project\.weight"/ }],
  ['a matrix that is too narrow', () => changed(QUERY, { shape: [64, 24], bytes: new Uint8Array(64 * 24 * 2) }), { code: 'checkpoint/tensor-shape', file: WEIGHTS, tensor: QUERY, message: /\[64, 24\].*\[64, 48\]/ }],
  ['a matrix that lies on its side', () => changed(QUERY, { shape: [48, 64] }), { code: 'checkpoint/tensor-shape', file: WEIGHTS, tensor: QUERY }],
  ['a norm with a dimension too many', () => changed(NORM, { shape: [1, 48] }), { code: 'checkpoint/tensor-shape', file: WEIGHTS, tensor: NORM }],
  ['integers as weights', () => changed(QUERY, { dtype: 'I32', bytes: new Uint8Array(64 * 48 * 4) }), { code: 'checkpoint/unsupported-dtype', file: WEIGHTS, tensor: QUERY, message: /I32/ }],
  ['fp8 without scales as weights', () => changed(QUERY, { dtype: 'F8_E4M3', bytes: new Uint8Array(64 * 48) }), { code: 'checkpoint/unsupported-dtype', file: WEIGHTS, tensor: QUERY, message: /F8_E4M3/ }],
  ['a dtype of the future', () => changed(QUERY, { dtype: 'F6_E3M2', bytes: new Uint8Array(64 * 36) }), { code: 'checkpoint/unsupported-dtype', file: WEIGHTS, tensor: QUERY, message: /F6_E3M2/ }],
  ['more embeddings than the config says', () => withConfig(GOOD, { vocab_size: 159 }), { code: 'checkpoint/tensor-shape', file: WEIGHTS, tensor: 'model.embed_tokens.weight', message: /\[160, 48\].*\[159, 48\]/ }],
  ['fewer layers than the config says', () => withConfig(GOOD, { num_hidden_layers: 4 }), { code: 'checkpoint/missing-tensor', file: WEIGHTS, message: /model\.layers\.3/ }],
  ['more layers than the config says', () => withConfig(GOOD, { num_hidden_layers: 2 }), { code: 'checkpoint/unexpected-tensor', file: WEIGHTS, message: /model\.layers\.2/ }],
  ['no config', () => without(GOOD, CONFIG), { code: 'checkpoint/missing-file', file: CONFIG }],
  ['no weights', () => without(GOOD, WEIGHTS), { code: 'checkpoint/missing-file', file: WEIGHTS }],
  ['a config that is no JSON', () => ({ ...GOOD, [CONFIG]: text('{\n  "model_type": "llama",\n  "hidden_size": 48,\n}') }), { code: 'checkpoint/json', file: CONFIG, message: /line 4, column 1/ }],
  ['a config that is a list', () => ({ ...GOOD, [CONFIG]: text('[]') }), { code: 'checkpoint/config', file: CONFIG }],
  ['a config in UTF-16', () => ({ ...GOOD, [CONFIG]: new Uint8Array([0xff, 0xfe, 0x7b, 0, 0x7d, 0]) }), { code: 'checkpoint/text-encoding', file: CONFIG }],
  ['a generation config that is no JSON', () => ({ ...GOOD, 'generation_config.json': text('{') }), { code: 'checkpoint/json', file: 'generation_config.json' }],
  ['a tokenizer that is no JSON', () => ({ ...GOOD, 'tokenizer.json': text('{"model": {') }), { code: 'checkpoint/json', file: 'tokenizer.json' }],
  ['a tokenizer without a model', () => ({ ...GOOD, 'tokenizer.json': text('{"version": "1.0"}') }), { code: 'tokenizer', file: 'tokenizer.json', key: 'model' }],
  ['a tokenizer config that is no JSON', () => ({ ...GOOD, 'tokenizer.json': text('{}'), 'tokenizer_config.json': text('<html>') }), { code: 'checkpoint/json', file: 'tokenizer_config.json' }],
  ['a chat template that is a number', () => ({ ...GOOD, 'tokenizer_config.json': text('{"chat_template": 5}') }), { code: 'config', file: 'tokenizer_config.json', key: 'chat_template' }],
];

describe('a typed error, and nothing left on the GPU, for', () => {
  test.each(FILES)('%s', async (_, folder, failure) => {
    await expectLoadFailure(folder(), failure);
  });
});

const FINITE = 'is not a finite number';

describe('weights that cannot be stored', () => {
  test.each([
    ['f32', { precision: 'f32' }],
    ['f16', { precision: 'f16' }],
    ['int8', { quantize: 'int8' }],
    ['int4', { quantize: 'int4' }],
    ['fp8', { quantize: 'fp8' }],
  ] as const)('NaN and infinity in %s', async (_, options) => {
    for (const value of [NaN, Infinity, -Infinity]) {
      const folder = withTensor(GOOD, QUERY, (tensor) => withElement(tensor, 5 * 48 + 7, value));
      await expectLoadFailure(folder, { code: 'unpackable-weight', file: WEIGHTS, tensor: QUERY, message: new RegExp(`row 5, column 7 is ${value}, which ${FINITE}`) }, options);
    }
    const folder = withTensor(GOOD, NORM, (tensor) => withElement(tensor, 3, NaN));
    await expectLoadFailure(folder, { code: 'unpackable-weight', file: WEIGHTS, tensor: NORM, message: new RegExp(FINITE) }, options);
  });

  test.each([
    ['f16', { precision: 'f16' }, 70_000, /precision "f32"/],
    ['int8', { quantize: 'int8' }, 1e6, /another quantisation/],
    ['int4', { quantize: 'int4' }, 1e6, /another quantisation/],
  ] as const)('too large for %s', async (format, options, value, advice) => {
    const folder = withTensor(GOOD, QUERY, (tensor) => withElement(tensor, 63 * 48, value));
    await expectLoadFailure(folder, { code: 'unpackable-weight', file: WEIGHTS, tensor: QUERY, message: new RegExp(`row 63, column 0 .*too large for ${format}`) }, options);
    await expectLoadFailure(folder, { code: 'unpackable-weight', message: advice }, options);
    // The same number is no obstacle where there is room for it.
    expect((await logitsOf(toFiles(folder), { precision: 'f32' })).every(Number.isFinite)).toBe(true);
  });
});
