import { expect, test } from 'vitest';
import { toFloat32 } from '../../models/safetensors/to-float32.ts';
import { normal } from '../../shaders/random.ts';
import type { WrittenTensor } from '../support/write-safetensors.ts';
import { fetchFolder, toFiles, withConfig, withTensors, type Folder } from './checkpoint-folder.ts';
import { logitsOf, relativeRms } from './load-checks.ts';

const SHARED = /^model\.layers\.1\.shared_transformer\./;
const [RANK, WIDTH] = [8, 96];

/** The fixture, whose two hybrid layers share a block, with a copy of it for each and the adapters that it has for that layer. */
const withTwoBlocks = (folder: Folder): Folder =>
  withConfig(
    withTensors(folder, (tensors) =>
      tensors.flatMap((tensor) => {
        const copy = { ...tensor, name: tensor.name.replace(SHARED, 'model.layers.3.shared_transformer.') };
        if (!SHARED.test(tensor.name)) return [tensor];
        if (/adapter_list\.0\./.test(tensor.name)) return [tensor];
        return /adapter_list\.1\./.test(tensor.name) ? [copy] : [tensor, copy];
      }),
    ),
    { num_mem_blocks: 2 },
  );

const floats = (name: string, shape: readonly number[], values: Float32Array<ArrayBuffer>): WrittenTensor => ({ name, dtype: 'F32', shape, bytes: new Uint8Array(values.buffer) });

/** Low-rank matrices for a projection of one of the two layers. */
function adapter(layer: 1 | 3, name: string): { down: WrittenTensor; up: WrittenTensor; product: (row: number, column: number) => number } {
  const prefix = `model.layers.${layer}.shared_transformer.self_attn.linear_${name}_adapter_list.${layer === 1 ? 0 : 1}`;
  const seed = 10 * layer + name.charCodeAt(0);
  const [down, up] = [normal(RANK * WIDTH, seed, 0.1), normal(WIDTH * RANK, seed + 1, 0.3)];
  return {
    down: floats(`${prefix}.0.weight`, [RANK, WIDTH], down),
    up: floats(`${prefix}.1.weight`, [WIDTH, RANK], up),
    product: (row, column) => Array.from({ length: RANK }, (_, r) => up[row * RANK + r] * down[r * WIDTH + column]).reduce((sum, value) => sum + value, 0),
  };
}

const each = <T>(make: (layer: 1 | 3, name: string) => T): T[] => ([1, 3] as const).flatMap((layer) => ['q', 'k', 'v'].map((name) => make(layer, name)));

const withAdapters = (folder: Folder): Folder =>
  withConfig(withTensors(folder, (tensors) => [...tensors, ...each(adapter).flatMap(({ down, up }) => [down, up])]), { use_shared_attention_adapter: true });

/** With the adapters' products added to the projections instead. */
function withProducts(folder: Folder): Folder {
  const products = new Map<string, (row: number, column: number) => number>(each((layer, name) => [`model.layers.${layer}.shared_transformer.self_attn.${name}_proj.weight`, adapter(layer, name).product] as const));
  return withTensors(folder, (tensors) =>
    tensors.map((tensor) => {
      const product = products.get(tensor.name);
      if (!product) return tensor;
      const values = toFloat32({ ...tensor, byteLength: tensor.bytes.length, file: '', offset: 0 }, tensor.bytes.slice());
      return floats(tensor.name, tensor.shape, values.map((value, i) => value + product(Math.floor(i / WIDTH), i % WIDTH)));
    }),
  );
}

test('two blocks that are the same are as good as one', async () => {
  const shared = await fetchFolder('arch/zamba2');
  expect(await logitsOf(toFiles(withTwoBlocks(shared)))).toEqual(await logitsOf(toFiles(shared)));
});

test('adapters of q, k and v are as good as other projections', async () => {
  const blocks = withTwoBlocks(await fetchFolder('arch/zamba2'));
  const adapted = await logitsOf(toFiles(withAdapters(blocks)));
  expect(relativeRms(adapted, await logitsOf(toFiles(withProducts(blocks))))).toBeLessThan(1e-5);
  expect(relativeRms(adapted, await logitsOf(toFiles(blocks)))).toBeGreaterThan(1e-2);
});
