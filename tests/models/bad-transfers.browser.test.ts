import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { AccessError, CheckpointError, DownloadError, loadModel, type LoadProgress } from '../../index.ts';
import { CONFIG, fetchFolder, text, toFiles, WEIGHTS, without } from './checkpoint-folder.ts';
import { GpuLedger } from './gpu-ledger.ts';
import { loadFailure, logitsOf } from './load-checks.ts';
import { serveFolder } from './memory-server.ts';

const GOOD = await fetchFolder('arch/llama');
const TEXT = await fetchFolder('real/stories260K', ['tokenizer.json']);

let reference: Float32Array;
beforeAll(async () => {
  reference = await logitsOf(toFiles(GOOD));
});
afterEach(async () => {
  expect(await logitsOf(toFiles(GOOD))).toEqual(reference);
});

describe('a server', () => {
  test('that serves everything', async () => {
    const { url } = serveFolder({ ...GOOD, ...TEXT });
    expect(await logitsOf(url)).toEqual(reference);
  });

  test('without a config', async () => {
    const { url, requests } = serveFolder(without(GOOD, CONFIG));
    const error = await loadFailure(url);
    expect(error).toBeInstanceOf(CheckpointError);
    expect(error).toMatchObject({ code: 'checkpoint/missing-file', file: CONFIG });
    expect(requests).toHaveLength(1);
  });

  test('without weights', async () => {
    const { url } = serveFolder(without(GOOD, WEIGHTS));
    expect(await loadFailure(url)).toMatchObject({ code: 'checkpoint/missing-file', file: WEIGHTS });
  });

  test('whose config is of a kind that nobody here knows: nothing else is asked for', async () => {
    const { url, requests } = serveFolder({ ...GOOD, [CONFIG]: text('{"model_type": "gpt_neox", "hidden_size": 48}') });
    expect(await loadFailure(url)).toMatchObject({ code: 'load/unsupported-model', modelType: 'gpt_neox' });
    expect(requests.map(({ path }) => path)).toEqual([CONFIG]);
  });

  test('that refuses the weights', async () => {
    const { url } = serveFolder(GOOD, { status: { [CONFIG]: 401 } });
    const error = await loadFailure(url);
    expect(error).toBeInstanceOf(AccessError);
    expect(error).toMatchObject({ code: 'source/access-denied', status: 401 });
  });

  test('that keeps failing', async () => {
    const { url } = serveFolder(GOOD, { status: { [WEIGHTS]: 503 } });
    const error = await loadFailure(url);
    expect(error).toBeInstanceOf(DownloadError);
    expect(error).toMatchObject({ code: 'download/status', file: WEIGHTS, status: 503, offset: 0 });
  });

  test('that cuts every connection at the same byte of the weights', async () => {
    const cut = 100_000;
    const { url, requests } = serveFolder(GOOD, { cutAt: { [WEIGHTS]: cut } });
    const error = await loadFailure(url);
    expect(error).toBeInstanceOf(DownloadError);
    expect(error).toMatchObject({ code: 'download/interrupted', file: WEIGHTS, offset: cut });
    // It went on from where it was cut, and gave up after three retries.
    expect(requests.filter(({ path, range }) => path === WEIGHTS && range[0] === cut)).toHaveLength(3);
  });
});

describe('an abort', () => {
  async function abortedAt(reached: (progress: LoadProgress, abort: () => void) => void, contextLength = 64): Promise<void> {
    const { url } = serveFolder({ ...GOOD, ...TEXT });
    const controller = new AbortController();
    const error = await loadFailure(url, { precision: 'f32', contextLength, signal: controller.signal, onProgress: (progress) => reached(progress, () => controller.abort()) });
    expect(error).toMatchObject({ name: 'AbortError' });
  }

  test.each(['config', 'tokenizer', 'weights', 'compile'] as const)('as the phase "%s" begins', async (phase) => {
    await abortedAt((progress, abort) => {
      if (progress.phase === phase) abort();
    });
  });

  test('as the first weights arrive', async () => {
    await abortedAt(({ loadedBytes }, abort) => {
      if (loadedBytes > 0) abort();
    });
  });

  test('as the last weights arrive', async () => {
    await abortedAt(({ loadedBytes, totalBytes }, abort) => {
      if (totalBytes > 0 && loadedBytes === totalBytes) abort();
    });
  });

  test('while kernels compile: what comes of them is freed', async () => {
    const ledger = new GpuLedger();
    const compile = GPUDevice.prototype.createComputePipelineAsync;
    const compiling: Promise<unknown>[] = [];
    let onCompile = (): void => {};
    GPUDevice.prototype.createComputePipelineAsync = function (descriptor) {
      const compiled = compile.call(this, descriptor);
      compiling.push(compiled);
      onCompile();
      return compiled;
    };
    try {
      // A context of its own length makes kernels that nobody has compiled yet.
      await abortedAt(({ phase }, abort) => {
        if (phase === 'compile') onCompile = abort;
      }, 61);
      for (let settled = 0; settled < compiling.length; ) {
        settled = compiling.length;
        await Promise.allSettled(compiling);
        await new Promise((resolve) => setTimeout(resolve));
      }
      expect(compiling.length).toBeGreaterThan(1);
      expect(ledger.live).toEqual([]);
    } finally {
      GPUDevice.prototype.createComputePipelineAsync = compile;
      ledger.close();
    }
  });

  test.each([0, 2, 5, 10, 20, 40, 80])('after %i ms', async (delay) => {
    const { url } = serveFolder({ ...GOOD, ...TEXT });
    const ledger = new GpuLedger();
    const signal = AbortSignal.timeout(delay);
    try {
      // A fast machine may be done before.
      (await loadModel(url, { precision: 'f32', contextLength: 64, signal })).dispose();
    } catch (error) {
      expect(error).toMatchObject({ name: 'TimeoutError' });
    }
    expect(ledger.live).toEqual([]);
    ledger.close();
  });

  test('before it begins asks for nothing', async () => {
    const { url, requests } = serveFolder(GOOD);
    expect(await loadFailure(url, { signal: AbortSignal.abort() })).toMatchObject({ name: 'AbortError' });
    expect(requests).toEqual([]);
  });
});

test('disposing frees all buffers, of running generations and open sessions too', async () => {
  const ledger = new GpuLedger();
  const model = await loadModel(toFiles(GOOD), { precision: 'f32', contextLength: 64 });
  const session = model.createSession();
  const texts = session.generate({ tokens: [1, 2, 3] }, { temperature: 0, stopTokens: [] });
  await texts.next();
  await texts.next();
  const other = model.generate({ tokens: [4] }, { temperature: 1, topK: 5, seed: 1, stopTokens: [] }).next();
  expect(ledger.created).toBeGreaterThan(20);
  model.dispose();
  await expect((async () => { for await (const _ of texts); })()).rejects.toMatchObject({ code: 'generate/disposed' });
  await other.catch((error: unknown) => expect(error).toMatchObject({ code: 'generate/disposed' }));
  await expect(model.logits([1])).rejects.toMatchObject({ code: 'generate/disposed' });
  expect(ledger.live).toEqual([]);
  ledger.close();
});
