import { describe, expect, test } from 'vitest';
import { SourceError } from '../errors/source-error.ts';
import type { ModelSource } from '../load/load-options.ts';
import { openSource } from './open-source.ts';

function fileIn(path: string, contents = path): File {
  const file = new File([contents], path.split('/').at(-1) ?? path);
  Object.defineProperty(file, 'webkitRelativePath', { value: path });
  return file;
}

async function textOf(source: ModelSource, path: string): Promise<string | undefined> {
  const file = await (await openSource(source)).open(path);
  return file && new TextDecoder().decode(await file.read(0, file.size));
}

describe('openSource', () => {
  test.each<[ModelSource, string]>([
    ['org/name', 'org/name'],
    ['org/name@main', 'org/name'],
    [' Qwen/Qwen3-0.6B@v1.0 ', 'Qwen/Qwen3-0.6B@v1.0'],
    [{ hub: 'org/name', revision: 'refs/pr/3' }, 'org/name@refs/pr/3'],
    ['https://huggingface.co/org/name', 'org/name'],
    ['https://hf.co/org/name/tree/refs%2Fpr%2F1/', 'org/name@refs/pr/1'],
    ['https://huggingface.co/org/name/resolve/main', 'https://huggingface.co/org/name/resolve/main/'],
    ['https://example.com/models/x', 'https://example.com/models/x/'],
    [{ url: 'http://localhost:8080/' }, 'http://localhost:8080/'],
  ])('%j is %s', async (source, name) => {
    expect((await openSource(source)).name).toBe(name);
  });

  test.each<[ModelSource, string, string]>([
    ['org/name/x.gguf', 'org/name', 'x.gguf'],
    ['org/name/Q4_K_M/x-00001-of-00002.gguf@v1', 'org/name@v1', 'Q4_K_M/x-00001-of-00002.gguf'],
    [{ hub: 'org/name', file: 'dir/x.gguf', revision: 'r' }, 'org/name@r', 'dir/x.gguf'],
    ['https://huggingface.co/org/name/blob/main/dir/x.gguf', 'org/name', 'dir/x.gguf'],
    ['https://huggingface.co/org/name/resolve/refs%2Fpr%2F1/a%20b.gguf?download=true', 'org/name@refs/pr/1', 'a b.gguf'],
    [{ url: 'https://hf.co/org/name/blob/main/x.gguf' }, 'org/name', 'x.gguf'],
    ['https://example.com/models/x%20y.GGUF?key=1', 'https://example.com/models/', 'x y.GGUF'],
    [new File([], 'x.gguf'), 'local files', 'x.gguf'],
    [[new File([], 'x-00002-of-00002.gguf'), new File([], 'x-00001-of-00002.gguf')], 'local files', 'x-00002-of-00002.gguf'],
    [[fileIn('models/x/x.gguf'), fileIn('models/x/config.json')], 'x', 'x.gguf'],
    ['org/name/x.bin', 'org/name', 'x.bin'],
    ['https://example.com/models/x.bin', 'https://example.com/models/', 'x.bin'],
    [new File([], 'x.bin'), 'local files', 'x.bin'],
  ])('%j is a single file of %s', async (source, name, single) => {
    expect(await openSource(source)).toMatchObject({ name, single });
  });

  test.each<[ModelSource]>([['org/name'], ['https://example.com/gguf/'], [[fileIn('m/config.json'), fileIn('m/model.safetensors'), fileIn('m/x.gguf'), fileIn('m/y.gguf')]], [[fileIn('m/config.json'), fileIn('m/pytorch_model.bin')]]])('%j names no single file', async (source) => {
    expect((await openSource(source)).single).toBeUndefined();
  });

  test.each<[ModelSource, RegExp]>([
    ['', /org\/name/],
    ['gpt2', /org\/name/],
    ['org/name/more', /org\/name/],
    ['org/na me', /org\/name/],
    ['org/..', /org\/name/],
    ['-org/name', /org\/name/],
    [`org/${'n'.repeat(100)}`, /org\/name/],
    ['org/name@', /revision/],
    [{ hub: 'org/name', revision: '../x' }, /revision/],
    ['ftp://example.com/', /only http/],
    ['C:\\models\\x', /only http/],
    ['https://user:secret@example.com/m/', /password/],
    ['https://example.com/m/model.safetensors', /URL of a file/],
    [{ url: 'not a url' }, /not a URL/],
    ['./relative/', /not a URL/],
    [{ hub: 'org/name', file: '../x.gguf' }, /not the path of a GGUF file/],
    [{ hub: 'org/name', file: 'model.safetensors' }, /not the path of a GGUF file/],
    ['https://example.com/100%.gguf', /"%" in it/],
    [[fileIn('m/x.gguf'), fileIn('m/y.gguf')], /several models, such as x\.gguf and y\.gguf/],
    [[], /no files/],
    [[fileIn('a/x.json'), fileIn('a/x.json')], /two files called x\.json/],
  ])('%j is refused', async (source, message) => {
    let error: unknown;
    try {
      await openSource(source);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(SourceError);
    expect(error).toMatchObject({ code: 'source/invalid', message: expect.stringMatching(message) });
    expect(String(error)).not.toContain('secret');
  });
});

describe('files', () => {
  test('lose the folders that they share', async () => {
    const source = [fileIn('up/model/config.json'), fileIn('up/model/sub/a.txt')];
    expect((await openSource(source)).name).toBe('model');
    expect(await textOf(source, 'config.json')).toBe('up/model/config.json');
    expect(await textOf(source, 'sub/a.txt')).toBe('up/model/sub/a.txt');
    expect(await textOf(source, 'up/model/config.json')).toBeUndefined();
  });

  test('without folders keep their names', async () => {
    const source = [new File(['{}'], 'config.json'), new File(['x'], 'model.safetensors')];
    expect((await openSource(source)).name).toBe('local files');
    expect(await textOf(source, 'model.safetensors')).toBe('x');
  });

  test('are read in pieces and by ranges', async () => {
    const bytes = Uint8Array.from({ length: 9_000_000 }, (_, i) => i % 251);
    const file = await (await openSource([new File([bytes], 'big')])).open('big');
    if (!file) throw new Error('the file should be there');
    expect(await file.read(250, 255)).toEqual(bytes.slice(250, 255));
    let position = 100;
    for await (const piece of file.stream(100, 8_999_999)) {
      if (Buffer.compare(piece, bytes.subarray(position, position + piece.length)) !== 0) expect.fail(`piece at ${position} differs`);
      position += piece.length;
    }
    expect(position).toBe(8_999_999);
    await expect(file.read(0, 9_000_001)).rejects.toThrow(RangeError);
    await expect(file.read(0, 10, AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' });
  });

  test('that changed on disk give a typed error', async () => {
    const file = new File(['abc'], 'x');
    file.slice = () => Object.assign(new Blob(), { arrayBuffer: () => Promise.reject(new DOMException('changed', 'NotReadableError')) });
    const opened = await (await openSource([file])).open('x');
    await expect(opened?.read(1, 3)).rejects.toMatchObject({ code: 'file/unreadable', file: 'x', offset: 1 });
  });
});
