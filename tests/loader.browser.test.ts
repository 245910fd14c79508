import { expect, test } from 'vitest';
import { openCheckpoint } from '../models/checkpoint/open-checkpoint.ts';
import { toFloat32 } from '../models/safetensors/to-float32.ts';

const FOLDER = '/tests/fixtures/real/stories260K/';

async function checksum(source: Parameters<typeof openCheckpoint>[0]): Promise<{ tensors: number; sum: number }> {
  const checkpoint = await openCheckpoint(source);
  let sum = 0;
  for await (const { tensor, bytes } of checkpoint.read(checkpoint.tensors.keys())) {
    for (const value of toFloat32(tensor, bytes)) sum += Math.abs(value);
  }
  return { tensors: checkpoint.tensors.size, sum };
}

// The same code runs in Node against hostile servers; this is that a browser's fetch and File give it the same bytes.
test('a page reads a checkpoint over HTTP and from files alike', async () => {
  const files = await Promise.all(['config.json', 'model.safetensors'].map(async (name) => new File([await (await fetch(FOLDER + name)).blob()], name)));
  const overHttp = await checksum({ url: FOLDER });
  expect(overHttp.tensors).toBeGreaterThan(10);
  expect(overHttp.sum).toBeGreaterThan(1000);
  expect(await checksum(files)).toEqual(overHttp);
});

test('a page can abort', async () => {
  const checkpoint = await openCheckpoint({ url: FOLDER });
  const controller = new AbortController();
  const reading = (async () => {
    for await (const _ of checkpoint.read(checkpoint.tensors.keys(), { signal: controller.signal })) controller.abort();
  })();
  await expect(reading).rejects.toMatchObject({ name: 'AbortError' });
});
