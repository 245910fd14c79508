import { describe, expect, test } from 'vitest';
import { openCheckpoint } from '../../models/checkpoint/open-checkpoint.ts';
import type { Source } from '../../models/sources/source.ts';
import { planWeights } from '../../models/weights/plan.ts';
import { storedModules } from '../../models/weights/stored-modules.ts';
import { fileHandler, serve } from '../support/file-server.ts';
import { F32_PACKERS } from '../support/f32-packers.ts';
import { memorySource } from '../support/memory-source.ts';
import { parsedModel } from '../support/recorded-model.ts';
import { CONTAINER_TYPES, tinyRwkv, writeContainer, type ContainerContents, type ContainerTensor, type ContainerType } from '../support/rwkv/write-container.ts';

const SHAPE = { vocabulary: 20, hidden: 64, headDim: 16, layers: 2, inner: 96 };
const FILE = 'm.bin';
/** What the matrices become on the GPU. */
const FORMATS: Readonly<Record<ContainerType, string>> = { F32: 'f32', F16: 'f32', Q4_0: 'int4', Q4_1: 'q4_1', Q5_0: 'q5_0', Q5_1: 'q5_1', Q8_0: 'int8' };

const open = (bytes: Uint8Array<ArrayBuffer>, beside: Readonly<Record<string, Uint8Array<ArrayBuffer>>> = {}) => openCheckpoint(memorySource({ ...beside, [FILE]: bytes }, FILE));

describe("rwkv.cpp's container", () => {
  test.each(Object.keys(CONTAINER_TYPES) as ContainerType[])('with matrices in %s has all that RWKV-7 wants', async (type) => {
    const contents = tinyRwkv({ ...SHAPE, type });
    const checkpoint = await open(writeContainer(contents));
    const model = await parsedModel(checkpoint.config);
    const plan = planWeights(model.weights(8, storedModules(checkpoint, model.canonicalName)), checkpoint, { canonicalName: model.canonicalName, packers: F32_PACKERS, packing: checkpoint.packing });
    const key = plan.parts.find(({ spec }) => spec.label === 'model.layers.1.ffn.key.weight');
    expect([...(key?.tensors.values() ?? [])]).toMatchObject([{ dtype: type, shape: [96, 64] }]);
    expect(key?.weight.layout(new Map()).format.key).toBe(FORMATS[type]);
    // In file order, under other names.
    const read: Uint8Array[] = [];
    for await (const { bytes } of checkpoint.read(checkpoint.tensors.keys())) read.push(bytes);
    expect(read).toEqual(contents.tensors.map(({ bytes }) => bytes));
  });

  test('is a config and the names of a checkpoint of its own', async () => {
    const checkpoint = await open(writeContainer(tinyRwkv({ ...SHAPE, type: 'F32' })), { 'tokenizer.json': new TextEncoder().encode('{"a":1}') });
    expect(checkpoint.config).toMatchObject({ model_type: 'rwkv7', vocab_size: 20, hidden_size: 64, head_dim: 16, num_hidden_layers: 2, intermediate_size: 96, decay_low_rank_dim: 4, fuse_norm: false });
    expect([...checkpoint.tensors.values()].slice(-30).map(({ name, shape }) => `${name} ${shape.join('x')}`)).toMatchSnapshot();
    expect(await checkpoint.readJson('tokenizer.json')).toEqual({ a: 1 });
    expect(await checkpoint.readText('chat_template.jinja')).toBeUndefined();
  });

  test.each([true, false])('is read front to back, with ranges honoured: %s', async (ranges) => {
    const contents = tinyRwkv({ ...SHAPE, hidden: 128, type: 'F32' });
    const bytes = writeContainer(contents);
    const server = await serve(fileHandler({ 'a/m.bin': bytes }, { ranges }));
    const checkpoint = await openCheckpoint(`${server.url}/a/m.bin`);
    expect([...checkpoint.tensors.values()].map(({ byteLength }) => byteLength)).toEqual(contents.tensors.map(({ bytes }) => bytes.length));
    // Over what lies between headers it hops, or lets it stream by, once.
    const asked = server.requests.reduce((sum, { range }) => sum + (range?.[1] ?? 0) - (range?.[0] ?? 0), 0);
    if (ranges) expect(asked).toBeLessThan(0.4 * bytes.length);
    else expect(server.requests).toHaveLength(1);
  });
});

test('the headers of blocks that are as the others are come several at a time', async () => {
  const contents = tinyRwkv({ ...SHAPE, hidden: 128, layers: 12, type: 'F32' });
  // A block that is not.
  const odd = contents.tensors.map((tensor) => (tensor.name === 'blocks.5.att.w1' ? { ...tensor, shape: [500, 128], bytes: new Uint8Array(4 * 500 * 128) } : tensor));
  for (const [tensors, least] of [[contents.tensors, 5], [odd, 2]] as const) {
    const bytes = writeContainer({ ...contents, tensors });
    const source = memorySource({ [FILE]: bytes }, FILE);
    let [running, most] = [0, 0];
    const slow: Source = {
      ...source,
      open: async (path) => {
        const file = await source.open(path);
        const read = async (start: number, end: number): Promise<Uint8Array<ArrayBuffer>> => {
          most = Math.max(most, ++running);
          await new Promise((resolve) => setTimeout(resolve, 1));
          running--;
          return bytes.slice(start, end);
        };
        return file && { ...file, read };
      },
    };
    const checkpoint = await openCheckpoint(slow);
    expect([...checkpoint.tensors.values()].map(({ byteLength }) => byteLength)).toEqual(tensors.map((tensor) => tensor.bytes.length));
    expect(most).toBeGreaterThanOrEqual(least);
    expect(running).toBe(0);
  }
});

const tiny = tinyRwkv({ vocabulary: 8, hidden: 8, headDim: 4, layers: 2, inner: 8, type: 'F32' });
const changed = (change: Partial<ContainerContents>): Uint8Array<ArrayBuffer> => writeContainer({ ...tiny, ...change });
const without = (name: string): Uint8Array<ArrayBuffer> => changed({ tensors: tiny.tensors.filter((tensor) => tensor.name !== name) });
const first = (change: Partial<ContainerTensor>): Uint8Array<ArrayBuffer> => changed({ tensors: [{ ...tiny.tensors[0], ...change }, ...tiny.tensors.slice(1)] });
const renamed = (from: string, to: string): Uint8Array<ArrayBuffer> => changed({ tensors: tiny.tensors.flatMap((tensor) => (tensor.name === 'blocks.0.att.k_k' ? [] : [{ ...tensor, name: tensor.name.replace(from, to) }])) });
const whole = writeContainer(tiny);

describe('refused, naming the file', () => {
  test.each<[string, Uint8Array<ArrayBuffer>, object]>([
    ['another format', new TextEncoder().encode('GGUF, as it happens, and more'), { code: 'checkpoint/not-rwkv', message: expect.stringContaining('.gguf') }],
    ["PyTorch's weights", Uint8Array.from([0x50, 0x4b, 3, 4, 0, 0]), { code: 'checkpoint/not-rwkv', message: expect.stringContaining('convert it to safetensors') }],
    ['an unknown version', changed({ version: 102 }), { code: 'checkpoint/rwkv-version' }],
    ['quantised tensors of version 100', writeContainer({ ...tinyRwkv({ ...SHAPE, type: 'Q5_1' }), version: 100 }), { code: 'checkpoint/rwkv-version', tensor: 'blocks.0.att.receptance.weight' }],
    ['a type that there is no more', changed({ header: [8, 8, 2, 4] }), { code: 'checkpoint/header' }],
    ['a tensor of such a type', first({ type: 5 }), { code: 'checkpoint/header' }],
    ['a tensor without dimensions', first({ shape: [] }), { code: 'checkpoint/header' }],
    ['a tensor of four dimensions', first({ shape: [1, 1, 8, 8] }), { code: 'checkpoint/header' }],
    ['an empty tensor', first({ shape: [0, 8] }), { code: 'checkpoint/tensor-size', tensor: 'emb.weight' }],
    ['a tensor beyond the file', first({ shape: [8, 2 ** 31] }), { code: 'checkpoint/truncated', tensor: 'emb.weight' }],
    ['blocks that a row does not fill', first({ type: 2 }), { code: 'checkpoint/tensor-size', tensor: 'emb.weight' }],
    ['a name of no bytes', first({ name: '' }), { code: 'checkpoint/header' }],
    ['a long name', first({ name: 'n'.repeat(300) }), { code: 'checkpoint/header' }],
    ['the same tensor twice', changed({ tensors: [...tiny.tensors, tiny.tensors[3]] }), { code: 'checkpoint/duplicate-tensor' }],
    ['a missing tensor', without('blocks.0.att.w1'), { code: 'checkpoint/missing-tensor', tensor: 'blocks.0.att.w1' }],
    ['RWKV-6', renamed('blocks.0.att.k_a', 'blocks.0.att.time_maa_x'), { code: 'load/unsupported-model', modelType: 'rwkv6' }],
    ['RWKV-5', renamed('none', 'none'), { code: 'load/unsupported-model', modelType: 'rwkv5' }],
    ...[2, 10, 30, 40, 60, 400, whole.length - 1].map((length): [string, Uint8Array<ArrayBuffer>, object] => [`only ${length} bytes`, whole.slice(0, length), { code: length < 4 ? 'checkpoint/not-rwkv' : 'checkpoint/truncated' }]),
  ])('%s', async (_, bytes, error) => {
    await expect(open(bytes)).rejects.toMatchObject(error);
    await expect(open(bytes)).rejects.toThrow(/m\.bin|rwkv/);
  });

  test('version 100 with plain numbers is read', async () => {
    expect((await open(changed({ version: 100 }))).tensors.size).toBe(tiny.tensors.length);
  });
});
