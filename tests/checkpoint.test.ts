import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { Checkpoint } from '../models/checkpoint/checkpoint.ts';
import { openCheckpoint } from '../models/checkpoint/open-checkpoint.ts';
import { MissingTensorError } from '../models/errors/missing-tensor-error.ts';
import type { LoadProgress } from '../models/load/load-options.ts';
import { toFloat32 } from '../models/safetensors/to-float32.ts';
import { openSource } from '../models/sources/open-source.ts';
import { contentsOf, fileHandler, sendRange, serve, type Files } from './support/file-server.ts';
import { f32, string, u32 } from './support/gguf/values.ts';
import { ggmlTensor, writeGguf } from './support/gguf/write-gguf.ts';
import { byteTensor, patternBytes, writeSafetensors, type WrittenTensor } from './support/write-safetensors.ts';

const CONFIG = JSON.stringify({ model_type: 'test', layers: 2 });

function folder(tensors: readonly WrittenTensor[], more: Files = {}): Files {
  return { 'config.json': CONFIG, 'model.safetensors': writeSafetensors(tensors), ...more };
}

async function openFrom(files: Files, ranges = true) {
  const server = await serve(fileHandler(files, { ranges }));
  return { server, checkpoint: await openCheckpoint(server.url) };
}

async function namesRead(checkpoint: Checkpoint, tensors: readonly WrittenTensor[], names: readonly string[]): Promise<string[]> {
  const order: string[] = [];
  for await (const { tensor, bytes } of checkpoint.read(names)) {
    order.push(tensor.name);
    const written = tensors.find(({ name }) => name === tensor.name);
    if (!written || Buffer.compare(bytes, written.bytes) !== 0) expect.fail(`${tensor.name} has other bytes than were written`);
  }
  return order;
}

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.fail('should have failed'),
    (error: unknown) => error,
  );
}

const TENSORS = [byteTensor('text.0', 90_000), byteTensor('text.1', 50), byteTensor('vision.0', 900_000), byteTensor('vision.1', 900_000, 3), byteTensor('text.2', 120_000), byteTensor('empty', 0)];

describe.each([true, false])('a checkpoint on a server that honours ranges: %s', (ranges) => {
  test('is opened and read in file order', async () => {
    const { checkpoint } = await openFrom(folder(TENSORS, { 'generation_config.json': '{"eos_token_id": [1, 2]}', 'notes.txt': 'é', 'list.json': '[1]' }), ranges);
    expect(checkpoint.config).toEqual({ model_type: 'test', layers: 2 });
    expect(checkpoint.generationConfig).toEqual({ eos_token_id: [1, 2] });
    expect([...checkpoint.tensors.keys()]).toEqual(TENSORS.map(({ name }) => name));
    expect(await checkpoint.readText('notes.txt')).toBe('é');
    expect(await checkpoint.readJson('list.json')).toEqual([1]);
    expect(await checkpoint.readJson('none.json')).toBeUndefined();
    expect(await namesRead(checkpoint, TENSORS, ['text.2', 'empty', 'text.0', 'text.1', 'text.0'])).toEqual(['text.0', 'text.1', 'text.2', 'empty']);
    expect(await namesRead(checkpoint, TENSORS, TENSORS.map(({ name }) => name))).toHaveLength(TENSORS.length);
    expect(await namesRead(checkpoint, TENSORS, [])).toEqual([]);
  });

  test('in shards', async () => {
    const [first, second] = [TENSORS.slice(0, 3), TENSORS.slice(3)];
    const weightMap = Object.fromEntries([...second.map(({ name }) => [name, 'b/2.safetensors']), ...first.map(({ name }) => [name, 'a/1.safetensors'])]);
    const { checkpoint, server } = await openFrom(
      {
        'config.json': CONFIG,
        'model.safetensors.index.json': JSON.stringify({ metadata: { total_size: 1 }, weight_map: weightMap }),
        'a/1.safetensors': writeSafetensors([...first, byteTensor('not.in.the.index', 4)]),
        'b/2.safetensors': writeSafetensors(second),
        'c/3.safetensors': writeSafetensors([byteTensor('other', 1)]),
      },
      ranges,
    );
    expect([...checkpoint.tensors.keys()]).toEqual(TENSORS.map(({ name }) => name));
    expect(await namesRead(checkpoint, TENSORS, ['text.2', 'text.1', 'vision.1'])).toEqual(['text.1', 'vision.1', 'text.2']);
    expect(server.requests.filter(({ path }) => path.startsWith('/c/'))).toEqual([]);
  });
});

describe('transfers', () => {
  test('join neighbours and leave the rest unread', async () => {
    const { checkpoint, server } = await openFrom(folder(TENSORS));
    const before = server.requests.length;
    await namesRead(checkpoint, TENSORS, ['text.0', 'text.1', 'text.2']);
    // They run at once, so that the server sees them in any order.
    const ranges = server.requests.slice(before).map(({ range }) => range).sort(([a] = [0, 0], [b] = [0, 0]) => a - b);
    const [text0, text1, text2] = ['text.0', 'text.1', 'text.2'].map((name) => checkpoint.tensors.get(name));
    if (!text0 || !text1 || !text2) throw new Error('the tensors should be there');
    // The first 64 KiB came with the header.
    expect(ranges).toEqual([
      [65_536, text1.offset + 50],
      [text2.offset, text2.offset + 120_000],
    ]);
  });

  test('a large file without ranges is downloaded once per pass and never held', async () => {
    const MiB = 1024 * 1024;
    const tensors = Array.from({ length: 40 }, (_, i) => ({ name: `t.${i}`, dtype: 'U8', shape: [MiB], bytes: new Uint8Array(MiB).fill(i) }));
    const { checkpoint, server } = await openFrom(folder(tensors), false);
    const before = server.requests.length;
    let received = 0;
    let seen = 0;
    for await (const { bytes } of checkpoint.read(checkpoint.tensors.keys(), { onProgress: ({ loadedBytes }) => (received = loadedBytes) })) {
      expect(bytes[MiB - 1]).toBe(seen);
      seen++;
      expect(received - seen * MiB).toBeLessThan(MiB);
    }
    expect(seen).toBe(40);
    expect(server.requests.length - before).toBe(1);
  });

  test.each([
    [64_000, 0],
    [200_000, 0],
    [1_000_000, 3],
  ])('hold at most the largest tensor and a window of %i bytes', async (window, pauseMs) => {
    const sizes = [10, 30_000, 500_000, 1, 90_000, 90_000, 90_000, 400_000, 400_000, 20, 60_000, 250_000, 70_000, 5];
    const tensors = sizes.map((size, i) => byteTensor(`t.${i}`, size, i));
    const source = await openSource(Object.entries(folder(tensors)).map(([name, contents]) => new File([typeof contents === 'string' ? contents : new Uint8Array(contents)], name)));
    let delivered = 0;
    let running = 0;
    let ahead = 0;
    const checkpoint = await openCheckpoint({
      name: 'instrumented',
      async open(path, signal) {
        const file = await source.open(path, signal);
        if (!file) return undefined;
        return {
          name: file.name,
          size: file.size,
          ranged: true,
          read: (start, end, s) => file.read(start, end, s),
          async *stream(start, end, s) {
            running++;
            try {
              for (let at = start; at < end; at += 10_000) {
                const piece = await file.read(at, Math.min(end, at + 10_000), s);
                delivered += piece.length;
                yield piece;
              }
            } finally {
              running--;
            }
          },
        };
      },
    });
    let released = 0;
    let most = 0;
    const wanted = tensors.filter((_, i) => i !== 5).map(({ name }) => name);
    for await (const { bytes } of checkpoint.read(wanted, { window })) {
      for (let i = 0; i < 30; i++) await new Promise((resolve) => (pauseMs ? setTimeout(resolve, pauseMs / 10) : setImmediate(resolve)));
      most = Math.max(most, delivered - released);
      if (delivered - released > bytes.length) ahead++;
      released += bytes.length;
    }
    expect(most).toBeLessThanOrEqual(500_000 + window);
    expect(ahead).toBeGreaterThan(3);
    expect(running).toBe(0);
  });

  test('report bytes of wanted tensors, whole at the end', async () => {
    const { checkpoint } = await openFrom(folder(TENSORS));
    const reports: LoadProgress[] = [];
    for await (const _ of checkpoint.read(['text.0', 'text.2'], { onProgress: (progress) => reports.push(progress) }));
    expect(reports.at(-1)).toEqual({ phase: 'weights', loadedBytes: 210_000, totalBytes: 210_000 });
    expect(reports.every(({ loadedBytes }, i) => i === 0 || loadedBytes > reports[i - 1].loadedBytes)).toBe(true);
  });

  test.each(['leaves', 'aborts', 'throws'])('end when the consumer %s', async (how) => {
    const tensors = Array.from({ length: 8 }, (_, i) => byteTensor(`t.${i}`, 200_000, i));
    const files = folder(tensors);
    let open = 0;
    let hung = 0;
    const server = await serve((_request, response, seen) => {
      const bytes = contentsOf(files, seen.path);
      if (!bytes) return response.writeHead(404).end();
      const [start, end = bytes.length] = seen.range ?? [0];
      if (start < 400_000) return sendRange(response, bytes, seen);
      open++;
      hung++;
      response.on('close', () => open--);
      response.writeHead(206, { 'Content-Range': `bytes ${start}-${end - 1}/${bytes.length}` });
      return response.write(bytes.subarray(start, start + 1000));
    });
    const checkpoint = await openCheckpoint(server.url);
    const controller = new AbortController();
    const consume = async (): Promise<void> => {
      for await (const { tensor } of checkpoint.read(checkpoint.tensors.keys(), { signal: controller.signal, window: 400_000 })) {
        if (tensor.name !== 't.0') continue;
        await expect.poll(() => open).toBeGreaterThan(0);
        if (how === 'leaves') return;
        if (how === 'throws') throw new Error('the consumer failed');
        controller.abort();
      }
    };
    if (how === 'leaves') await consume();
    else expect(await failure(consume())).toMatchObject(how === 'aborts' ? { name: 'AbortError' } : { message: 'the consumer failed' });
    await expect.poll(() => open).toBe(0);
    const requests = server.requests.length;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(server.requests).toHaveLength(requests);
    expect(hung).toBeGreaterThan(0);
  });

  test('that fail say so when the consumer gets there, with nothing left running', async () => {
    const files = folder(TENSORS);
    const server = await serve((_request, response, seen) => {
      const bytes = contentsOf(files, seen.path);
      if (!bytes) response.writeHead(404).end();
      else if ((seen.range?.[0] ?? 0) > 1_000_000) response.writeHead(400).end();
      else sendRange(response, bytes, seen);
    });
    const checkpoint = await openCheckpoint(server.url);
    const read: string[] = [];
    const error = await failure(
      (async () => {
        for await (const { tensor } of checkpoint.read(['text.0', 'text.1', 'text.2'])) read.push(tensor.name);
      })(),
    );
    expect(error).toMatchObject({ code: 'download/status', status: 400, file: 'model.safetensors', offset: checkpoint.tensors.get('text.2')?.offset });
    expect(read).toEqual(['text.0', 'text.1']);
  });
});

describe('what is missing or broken', () => {
  const good = { 'config.json': CONFIG, 'model.safetensors.index.json': '{"weight_map": {"a": "1.safetensors"}}', '1.safetensors': writeSafetensors([byteTensor('a', 3)]) };

  test.each<[string, Files, string, RegExp]>([
    ['no config', { 'model.safetensors': writeSafetensors([]) }, 'missing-file', /^config\.json: .*needs config\.json, tokenizer\.json and model\.safetensors/],
    ['no weights', { 'config.json': CONFIG }, 'missing-file', /^model\.safetensors: .*converted to safetensors/],
    ['a byte order mark', { ...good, 'config.json': `\uFEFF${CONFIG}` }, 'text-encoding', /^config\.json: .*byte order mark at byte 0/],
    ['UTF-16', { ...good, 'config.json': new Uint8Array(Buffer.from(`\uFEFF${CONFIG}`, 'utf16le')) }, 'text-encoding', /UTF-16/],
    ['bad JSON', { ...good, 'config.json': '{"a": 1,}' }, 'json', /^config\.json: .*line 1, column 9/],
    ['a list as config', { ...good, 'config.json': '[]' }, 'config', /JSON object/],
    ['bad generation config', { ...good, 'generation_config.json': '' }, 'json', /^generation_config\.json/],
    ['a config that is a pointer', { ...good, 'config.json': 'version https://git-lfs.github.com/spec/v1\nsize 9\n' }, 'git-lfs-pointer', /git lfs pull/],
    ['no weight map', { ...good, 'model.safetensors.index.json': '{}' }, 'index', /weight_map/],
    ['a shard that is not there', { ...good, 'model.safetensors.index.json': '{"weight_map": {"a": "2.safetensors"}}' }, 'missing-file', /^2\.safetensors: .*names it/],
    ['a tensor that is not in its shard', { ...good, '1.safetensors': writeSafetensors([byteTensor('b', 3)]) }, 'missing-tensor', /^1\.safetensors: tensor "a": is not in this shard/],
    ...['../1.safetensors', '/1.safetensors', 'a/../../1.safetensors', 'https://evil.example/1.safetensors', 'a\\1.safetensors', './1.safetensors', '1.bin', 7].map(
      (shard): [string, Files, string, RegExp] => [`shard ${shard}`, { ...good, 'model.safetensors.index.json': JSON.stringify({ weight_map: { a: shard } }) }, 'index', /tensor "a": its shard is/],
    ),
  ])('%s', async (_what, files, problem, message) => {
    const server = await serve(fileHandler(files));
    expect(await failure(openCheckpoint(server.url))).toMatchObject({ code: `checkpoint/${problem}`, message: expect.stringMatching(message) });
  });

  test('a tensor that is not there is named with its neighbours', async () => {
    const { checkpoint } = await openFrom(folder([byteTensor('model.layers.0.q_proj.weight', 1), byteTensor('model.layers.0.k_proj.weight', 1), byteTensor('lm_head.weight', 1), byteTensor('x', 1)]));
    const read = (): unknown => checkpoint.read(['layers.0.q_proj.weight']);
    expect(read).toThrow(MissingTensorError);
    expect(read).toThrow(expect.objectContaining({ code: 'checkpoint/missing-tensor', tensor: 'layers.0.q_proj.weight', nearest: ['model.layers.0.q_proj.weight', 'model.layers.0.k_proj.weight', 'lm_head.weight'] }));
  });

  test('a dtype that is not understood matters only to who asks for it', async () => {
    const { checkpoint } = await openFrom(folder([byteTensor('a', 3), { name: 'b', dtype: 'F6_E2M3', shape: [4], bytes: new Uint8Array(3) }]));
    const order: string[] = [];
    for await (const { tensor } of checkpoint.read(['a'])) order.push(tensor.name);
    expect(order).toEqual(['a']);
    expect(() => checkpoint.read(['a', 'b'])).toThrow(/tensor "b": has dtype F6_E2M3/);
  });

  test('non-finite numbers of a config, as Python and as transformers 5 write them', async () => {
    const { checkpoint } = await openFrom(folder([], { 'config.json': '{"a": [0.0, Infinity], "b": {"__float__": "-Infinity"}}' }));
    expect(checkpoint.config).toEqual({ a: [0, Infinity], b: -Infinity });
  });
});

describe('the fixtures', async () => {
  const root = new URL('./fixtures/', import.meta.url);
  const folders = (await Promise.all(['arch', 'quant', 'real'].map(async (kind) => (await readdir(new URL(`${kind}/`, root))).map((name) => `${kind}/${name}`)))).flat();

  test.each(folders)('%s', async (name) => {
    const files = await Promise.all(
      (await readdir(new URL(`${name}/`, root))).map(async (file) => {
        const chosen = new File([new Uint8Array(await readFile(new URL(`${name}/${file}`, root)))], file);
        Object.defineProperty(chosen, 'webkitRelativePath', { value: `${name}/${file}` });
        return chosen;
      }),
    );
    const checkpoint = await openCheckpoint(files);
    expect(checkpoint.name).toBe(name.split('/')[1]);
    expect(checkpoint.config.model_type).toBeTypeOf('string');
    let floats = 0;
    for await (const { tensor, bytes } of checkpoint.read(checkpoint.tensors.keys())) {
      if (!['F32', 'F16', 'BF16'].includes(tensor.dtype)) continue;
      const values = toFloat32(tensor, bytes);
      expect(values).toHaveLength(tensor.shape.reduce((product, size) => product * size, 1));
      if (!values.every(Number.isFinite)) expect.fail(`${tensor.name} has non-finite values`);
      floats++;
    }
    expect(floats).toBeGreaterThan(0);
  });
});

describe('a GGUF file on a server', () => {
  const metadata = [['general.architecture', string('gpt2')], ...['block_count', 'context_length', 'feed_forward_length', 'attention.head_count'].map((key) => [`gpt2.${key}`, u32(1)] as const), ['gpt2.embedding_length', u32(4)], ['gpt2.attention.layer_norm_epsilon', f32(1e-5)]] as const;
  const data = patternBytes(4_000_000);
  const bytes = writeGguf({ metadata, tensors: [ggmlTensor('token_embd.weight', 'F32', [250_000, 4], data), ggmlTensor('output_norm.bias', 'F32', [4], patternBytes(16, 1))] });

  test.each([true, false])('is opened by its address and read by ranges: %s', async (ranges) => {
    const server = await serve(fileHandler({ 'a b/model.gguf': bytes }, { ranges }));
    const checkpoint = await openCheckpoint(`${server.url}/a%20b/model.gguf?key=1`);
    expect(checkpoint.config).toMatchObject({ model_type: 'gpt2', vocab_size: 250_000, tie_word_embeddings: true });
    expect([...checkpoint.tensors.keys()]).toEqual(['wte.weight', 'ln_f.bias']);
    for await (const { tensor, bytes: read } of checkpoint.read(['ln_f.bias'])) expect([tensor.name, read]).toEqual(['ln_f.bias', patternBytes(16, 1)]);
    expect(await checkpoint.readText('config.json')).toBeUndefined();
    // Nothing but the file itself is asked for: a repository of GGUF files has no other.
    expect(new Set(server.requests.map(({ path }) => path.split('?')[0]))).toEqual(new Set(['/a b/model.gguf']));
  });

  test('that is missing, and a folder that holds only one, say what to pass', async () => {
    const server = await serve(fileHandler({ 'm/model.gguf': bytes }));
    await expect(openCheckpoint(`${server.url}/m/other.gguf`)).rejects.toMatchObject({ code: 'checkpoint/missing-file', file: 'other.gguf' });
    await expect(openCheckpoint(`${server.url}/m/`)).rejects.toMatchObject({ code: 'checkpoint/missing-file', message: expect.stringContaining('org/name/file.gguf') });
  });
});
