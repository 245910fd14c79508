import { beforeAll, describe, expect, test } from 'vitest';
import { patternBytes, writeSafetensors, type WrittenTensor } from '../support/write-safetensors.ts';
import { CONFIG, fetchFolder, readJson, readTensors, text, toFiles, WEIGHTS, withConfig, without, withTensors, type Folder } from './checkpoint-folder.ts';
import { expectLoadFailure, logitsOf } from './load-checks.ts';
import { serveFolder } from './memory-server.ts';

const INDEX = 'model.safetensors.index.json';

describe('shards', () => {
  let single: Folder;
  let sharded: Folder;
  let reference: Float32Array;
  const [first, second] = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];

  beforeAll(async () => {
    single = await fetchFolder('arch/llama');
    reference = await logitsOf(toFiles(single));
    const tensors = readTensors(single[WEIGHTS]);
    // Every third goes into the second file, so that gate and up, and q, k and v, lie apart.
    const parts = [tensors.filter((_, i) => i % 3 !== 0), tensors.filter((_, i) => i % 3 === 0)];
    const weightMap = Object.fromEntries(parts.flatMap((part, i) => part.map(({ name }) => [name, [first, second][i]])));
    sharded = { ...without(single, WEIGHTS), [first]: writeSafetensors(parts[0]), [second]: writeSafetensors(parts[1]), [INDEX]: text(JSON.stringify({ metadata: {}, weight_map: weightMap })) };
  });

  test('give what the single file gives, from files and over HTTP', async () => {
    expect(await logitsOf(toFiles(sharded))).toEqual(reference);
    expect(await logitsOf(serveFolder(sharded).url)).toEqual(reference);
  });

  test('one of which is missing', () => expectLoadFailure(without(sharded, second), { code: 'checkpoint/missing-file', file: second }));

  test('one of which lacks a tensor', async () => {
    const [lost, ...rest] = readTensors(sharded[second], second);
    await expectLoadFailure({ ...sharded, [second]: writeSafetensors(rest) }, { code: 'checkpoint/missing-tensor', file: second, tensor: lost.name });
  });

  test('one of which is truncated', () => expectLoadFailure({ ...sharded, [second]: sharded[second].slice(0, -1) }, { code: 'checkpoint/truncated', file: second }));

  test('none of which has a tensor of the model', async () => {
    const [lost, ...rest] = readTensors(sharded[second], second);
    const map = { ...(readJson(sharded, INDEX).weight_map as Record<string, string>) };
    delete map[lost.name];
    await expectLoadFailure({ ...sharded, [second]: writeSafetensors(rest), [INDEX]: text(JSON.stringify({ weight_map: map })) }, { code: 'checkpoint/missing-tensor', file: INDEX, tensor: lost.name });
  });

  test('whose index is damaged', async () => {
    await expectLoadFailure({ ...sharded, [INDEX]: text('{"weight_map": {') }, { code: 'checkpoint/json', file: INDEX });
    await expectLoadFailure({ ...sharded, [INDEX]: text('{}') }, { code: 'checkpoint/index', file: INDEX });
    await expectLoadFailure({ ...sharded, [INDEX]: text('{"weight_map": {"model.norm.weight": "../secret.safetensors"}}') }, { code: 'checkpoint/index', file: INDEX, tensor: 'model.norm.weight' });
  });
});

describe('qwen3_5 with vision', () => {
  const visual = (name: string, seed: number): WrittenTensor => ({ name, dtype: 'BF16', shape: [400, 250], bytes: patternBytes(200_000, seed) });
  let plain: Folder;
  let nested: Folder;
  let reference: Float32Array;

  beforeAll(async () => {
    plain = await fetchFolder('arch/qwen3_5_text');
    reference = await logitsOf(toFiles(plain));
    const { model_type: _, ...text_config } = readJson(plain, CONFIG);
    const config = text(JSON.stringify({ model_type: 'qwen3_5', architectures: ['Qwen3_5ForConditionalGeneration'], text_config: { ...text_config, model_type: 'qwen3_5_text' }, vision_config: { depth: 1 } }));
    // Between the text's tensors, as a writer that sorts by name would leave them nowhere.
    nested = withTensors({ ...plain, [CONFIG]: config }, (tensors) =>
      tensors.flatMap((tensor, i) => {
        const renamed = { ...tensor, name: tensor.name.replace(/^model\./, 'model.language_model.') };
        return i % 40 === 20 ? [renamed, visual(`model.visual.blocks.${i}.attn.qkv.weight`, i), visual(`mtp.layers.${i}.mlp.gate_proj.weight`, i)] : [renamed];
      }),
    );
  });

  test('gives what its text model gives', async () => {
    expect(await logitsOf(toFiles(nested))).toEqual(reference);
  });

  test('never reads what only vision or the prediction of further tokens needs', async () => {
    const { url, requests } = serveFolder(nested);
    expect(await logitsOf(url)).toEqual(reference);
    const bytes = nested[WEIGHTS];
    const dataStart = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
    let offset = dataStart;
    const unwanted = readTensors(bytes).flatMap(({ name, bytes: { length } }) => {
      const range = [offset, (offset += length)] as const;
      return /visual|mtp/.test(name) ? [range] : [];
    });
    const read = requests.filter(({ path }) => path === WEIGHTS).map(({ range }) => range);
    expect(unwanted.length).toBeGreaterThan(3);
    expect(read.length).toBeGreaterThan(2);
    // The first request, for the header, asks for 64 KiB whatever they hold.
    const overlapping = read.filter(([start, end]) => start >= 65_536 && unwanted.some(([from, to]) => start < to && end > from));
    expect(overlapping).toEqual([]);
    expect(read.reduce((sum, [start, end]) => sum + end - start, 0)).toBeLessThan(plain[WEIGHTS].length + 3 * 65_536);
  });

  test('still misses what the text needs', async () => {
    const name = 'model.language_model.layers.3.self_attn.k_norm.weight';
    const folder = withTensors(nested, (tensors) => tensors.filter((tensor) => tensor.name !== name));
    await expectLoadFailure(folder, { code: 'checkpoint/missing-tensor', file: WEIGHTS, tensor: 'model.layers.3.self_attn.k_norm.weight' });
  });
});

test('a tied head that was saved all the same is not read', async () => {
  const tied = await fetchFolder('arch/qwen3');
  const reference = await logitsOf(toFiles(tied));
  const isTied = readJson(tied, CONFIG).tie_word_embeddings;
  expect(isTied).toBe(true);
  const head = (tensors: readonly WrittenTensor[]): WrittenTensor[] => tensors.filter(({ name }) => name === 'model.embed_tokens.weight').map((tensor) => ({ ...tensor, name: 'lm_head.weight', bytes: new Uint8Array(tensor.bytes.length) }));
  expect(await logitsOf(toFiles(withTensors(tied, (tensors) => [...tensors, ...head(tensors)])))).toEqual(reference);
  // Untied, the zeros are the head.
  const untied = withConfig(withTensors(tied, (tensors) => [...tensors, ...head(tensors)]), { tie_word_embeddings: false });
  expect((await logitsOf(toFiles(untied))).every((logit) => logit === 0)).toBe(true);
});

test('an xLSTM with one tensor for all projections of the same input gives what it gives with one for each', async () => {
  const single = await fetchFolder('arch/xlstm');
  const joined: readonly (readonly [name: string, parts: readonly string[]])[] = [
    ['mlstm_layer.qkv_opreact.weight', ['mlstm_layer.q.weight', 'mlstm_layer.k.weight', 'mlstm_layer.v.weight', 'mlstm_layer.ogate_preact.weight']],
    ['mlstm_layer.ifgate_preact.weight', ['mlstm_layer.igate_preact.weight', 'mlstm_layer.fgate_preact.weight']],
    ['mlstm_layer.ifgate_preact.bias', ['mlstm_layer.igate_preact.bias', 'mlstm_layer.fgate_preact.bias']],
    ['ffn.proj_up_gate_z.weight', ['ffn.proj_up_gate.weight', 'ffn.proj_up.weight']],
  ];
  const fuse = (tensors: readonly WrittenTensor[]): WrittenTensor[] => {
    const rest = new Map(tensors.map((tensor) => [tensor.name, tensor]));
    const take = (name: string): WrittenTensor[] => {
      const tensor = rest.get(name);
      rest.delete(name);
      return tensor ? [tensor] : [];
    };
    const fused = ['backbone.blocks.0', 'backbone.blocks.1'].flatMap((block) =>
      joined.map(([name, names]): WrittenTensor => {
        const parts = names.flatMap((part) => take(`${block}.${part}`));
        const [{ dtype, shape }] = parts;
        return { name: `${block}.${name}`, dtype, shape: [parts.reduce((sum, part) => sum + part.shape[0], 0), ...shape.slice(1)], bytes: new Uint8Array(parts.flatMap(({ bytes }) => [...bytes])) };
      }),
    );
    return [...rest.values(), ...fused];
  };
  expect(await logitsOf(toFiles(withConfig(withTensors(single, fuse), { weight_mode: 'fused' })))).toEqual(await logitsOf(toFiles(single)));
});
