import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../models/checkpoint/parse-config.ts';
import { recordedModel } from '../support/recorded-model.ts';

type Keys = Readonly<Record<string, unknown>>;

/** By fixture: other ways to write its config, and keys that are refused. */
const VARIANTS: Readonly<Record<string, { readonly same: readonly Keys[]; readonly other: readonly Keys[]; readonly refused: readonly Keys[] }>> = {
  gam: {
    same: [{ VOCAB_SIZE: undefined, vocab_size: 128, N_LAYER: undefined, n_layer: 3 }, { CONV_KERNEL_SIZE: undefined }],
    other: [{ NUM_MEMORY_SLOTS: 38 }, { CONV_KERNEL_SIZE: 2 }, { BLOCK_SIZE: 99 }],
    refused: [{ N_LAYER: 0 }, { N_EMBED: 1.5 }],
  },
  phi4flash: {
    same: [{ sliding_window: [null, 13, null, 13, null, null, null, null] }, { mamba_dt_rank: 3 }],
    other: [{ sliding_window: null }, { sliding_window: [null, 13, null, 12, null, null, null, null] }, { num_key_value_heads: null }, { mamba_expand: 2 }],
    refused: [{ sliding_window: [13] }, { sliding_window: [null, 13, null, 13, null, 13, null, null] }, { mb_per_layer: 4 }, { num_hidden_layers: 6 }, { num_key_value_heads: 3 }, { mlp_bias: true }, { lm_head_bias: true }, { hidden_act: 'gelu' }],
  },
};

describe.each(Object.entries(VARIANTS))('%s', (name, { same, other, refused }) => {
  const config: Keys = parseConfig(readFileSync(new URL(`../fixtures/research/${name}/config.json`, import.meta.url), 'utf8'), 'config.json');

  test.each(same)('is the same with %j', async (change) => {
    expect(await recordedModel({ ...config, ...change })).toEqual(await recordedModel(config));
  });

  test.each(other)('is another with %j', async (change) => {
    expect(await recordedModel({ ...config, ...change })).not.toEqual(await recordedModel(config));
  });

  test.each(refused)('is refused with %j', async (change) => {
    await expect(recordedModel({ ...config, ...change })).rejects.toMatchObject({ code: 'config', key: Object.keys(change)[0] });
  });
});
