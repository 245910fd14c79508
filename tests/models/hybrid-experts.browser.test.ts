import { describe, expect, test } from 'vitest';
import { normal } from '../../shaders/random.ts';
import type { WrittenTensor } from '../support/write-safetensors.ts';
import { CONFIG, fetchFolder, readJson, toFiles, withConfig, withTensors, type Folder } from './checkpoint-folder.ts';
import { logitsOf, relativeRms } from './load-checks.ts';

// No fixture has these: what they should give is what another layout of the same function gives.

const ELEMENT = 2; // bytes of bf16

/** A matrix in the upper left corner of a larger one of zeros. */
function padded({ name, dtype, shape: [rows, columns], bytes }: WrittenTensor, newRows: number, newColumns: number): WrittenTensor {
  const larger = new Uint8Array(newRows * newColumns * ELEMENT);
  for (let row = 0; row < rows; row++) larger.set(bytes.subarray(row * columns * ELEMENT, (row + 1) * columns * ELEMENT), row * newColumns * ELEMENT);
  return { name, dtype, shape: [newRows, newColumns], bytes: larger };
}

/** Matrices of one shape in one tensor [matrices, rows, columns]. */
function fused(name: string, parts: readonly WrittenTensor[]): WrittenTensor {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.bytes.length, 0));
  parts.reduce((at, part) => (bytes.set(part.bytes, at), at + part.bytes.length), 0);
  return { name, dtype: parts[0].dtype, shape: [parts.length, ...parts[0].shape], bytes };
}

function identity(name: string, rows: number, columns: number): WrittenTensor {
  const values = Float32Array.from({ length: rows * columns }, (_, i) => (Math.floor(i / columns) === i % columns ? 1 : 0));
  return { name, dtype: 'F32', shape: [rows, columns], bytes: new Uint8Array(values.buffer) };
}

/** Granite with three experts that are each what the MLP was, of which a token takes two, beside an MLP that gives nothing. */
function graniteWithExperts(dense: Folder): Folder {
  const { shared_intermediate_size: inner, hidden_size: hidden } = readJson(dense, CONFIG) as Record<string, number>;
  return withTensors(withConfig(dense, { num_local_experts: 3, num_experts_per_tok: 2, intermediate_size: inner }), (tensors) =>
    tensors.flatMap((tensor): WrittenTensor[] => {
      const [, layer, projection] = /^(model\.layers\.\d+)\.shared_mlp\.(.*)$/.exec(tensor.name) ?? [];
      if (layer === undefined) return [tensor];
      const experts = fused(`${layer}.block_sparse_moe.${projection}`, [tensor, tensor, tensor]);
      if (projection?.startsWith('input')) return [tensor, experts];
      const router = { name: `${layer}.block_sparse_moe.router.layer.weight`, dtype: 'F32', shape: [3, hidden], bytes: new Uint8Array(normal(3 * hidden, 7).buffer) };
      return [{ ...tensor, bytes: new Uint8Array(tensor.bytes.length) }, experts, router];
    }),
  );
}

/** Nemotron with its experts in tensors that hold all, in a latent space of `latent` ≥ hidden size, of which they use the first elements. */
function nemotronWithLatents(folder: Folder, latent: number): Folder {
  const { hidden_size: hidden, n_routed_experts: count, moe_intermediate_size: inner } = readJson(folder, CONFIG) as Record<string, number>;
  return withTensors(withConfig(folder, { moe_latent_size: latent }), (tensors) => {
    const all = (block: string, projection: string, rows: number, columns: number): WrittenTensor =>
      fused(`${block}.experts.${projection}`, Array.from({ length: count }, (_, i) => padded(tensors.find(({ name }) => name === `${block}.experts.${i}.${projection}.weight`) as WrittenTensor, rows, columns)));
    return tensors.flatMap((tensor): WrittenTensor[] => {
      const [, block, expert, projection] = /^(.*\.mixer)\.experts\.(\d+)\.(\w+)\.weight$/.exec(tensor.name) ?? [];
      if (block === undefined) return [tensor];
      if (expert !== '0') return [];
      if (projection === 'up_proj') return [all(block, 'up_proj', inner, latent), identity(`${block}.fc1_latent_proj.weight`, latent, hidden)];
      return [all(block, 'down_proj', latent, inner), identity(`${block}.fc2_latent_proj.weight`, hidden, latent)];
    });
  });
}

describe.each([
  ['Granite whose experts are all its MLP gives what the dense model gives', 'arch/granitemoehybrid', graniteWithExperts],
  ['Nemotron whose latent experts see all of the hidden state gives what plain experts give', 'arch/nemotron_h', (folder: Folder) => nemotronWithLatents(folder, 64)],
] as const)('%s', (_, name, change) => {
  test.each([512, 1])('in chunks of %i', async (prefillChunk) => {
    const folder = await fetchFolder(name);
    const expected = await logitsOf(toFiles(folder), { prefillChunk });
    expect(relativeRms(await logitsOf(toFiles(change(folder)), { prefillChunk }), expected)).toBeLessThan(3e-6);
  });
});
