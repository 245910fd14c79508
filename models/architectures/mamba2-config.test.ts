import { describe, expect, test } from 'vitest';
import { ConfigReader } from '../config/config-reader.ts';
import { ConfigError } from '../errors/config-error.ts';
import { attendingLayers, mamba2Config, timeStepLimit } from './mamba2-config.ts';

const read = (config: object): ConfigReader => new ConfigReader(config, 'config.json');

function keyOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigError) return error.key;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('timeStepLimit', () => {
  test.each([
    [{}, [0, Infinity]],
    [{ time_step_limit: null }, [0, Infinity]],
    [{ time_step_limit: [0, Infinity] }, [0, Infinity]],
    [{ time_step_limit: [0.001, 'inf'] }, [0.001, Infinity]],
    [{ time_step_limit: [0, 'Infinity'] }, [0, Infinity]],
    [{ time_step_limit: [0.01, 0.1] }, [0.01, 0.1]],
  ])('%o', (config, expected) => {
    expect(timeStepLimit(read(config))).toEqual(expected);
  });

  test.each([0.1, [0.1], [0.2, 0.1], [-1, 1], [Infinity, Infinity], ['0', 1]])('refuses %o by name', (time_step_limit) => {
    expect(keyOf(() => timeStepLimit(read({ time_step_limit })))).toBe('time_step_limit');
  });
});

describe('mamba2Config', () => {
  const usual = { mamba_n_heads: 8, mamba_d_state: 16, mamba_d_head: 12 };

  test('a head is its share of the width unless the config says so', () => {
    expect(mamba2Config(read({ ...usual, mamba_d_head: 'auto' }), 48).headDim).toBe(12);
    expect(mamba2Config(read({ mamba_n_heads: 8, mamba_d_state: 16 }), 48).headDim).toBe(12);
    expect(mamba2Config(read(usual), 48)).toMatchObject({ heads: 8, groups: 1, convKernel: 4, convBias: true, projectionBias: false, limits: [0, Infinity] });
    expect(mamba2Config(read(usual), 64, undefined, 96).headDim).toBe(12);
  });

  test.each([
    ['mamba_n_heads', { mamba_n_heads: 7 }],
    ['mamba_d_head', { mamba_d_head: 16 }],
    ['mamba_d_head', { mamba_n_heads: 16, mamba_d_head: 'auto' }],
    ['mamba_d_state', { mamba_d_state: 257 }],
    ['mamba_n_groups', { mamba_n_groups: 3 }],
  ])('names %s of %o', (key, change) => {
    expect(keyOf(() => mamba2Config(read({ ...usual, ...change }), 48))).toBe(key);
  });
});

describe('attendingLayers', () => {
  test.each(['layer_types', 'layers_block_type'])('reads %s with old and new names', (key) => {
    expect(attendingLayers(read({ [key]: ['mamba', 'attention', 'linear_attention', 'full_attention'] }), 4)).toEqual([false, true, false, true]);
  });

  test('attends nowhere unless the config says so', () => {
    expect(attendingLayers(read({}), 2)).toEqual([false, false]);
  });

  test.each([
    ['layer_types', { layer_types: ['mamba'] }],
    ['layers_block_type.1', { layers_block_type: ['mamba', 'moe'] }],
  ])('names %s of %o', (key, config) => {
    expect(keyOf(() => attendingLayers(read(config), 2))).toBe(key);
  });
});
