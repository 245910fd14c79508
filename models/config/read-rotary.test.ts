import { expect, test } from 'vitest';
import { ConfigError } from '../errors/config-error.ts';
import { ConfigReader } from './config-reader.ts';
import { readRotary } from './read-rotary.ts';

test('reads a nested config with the architecture’s defaults', () => {
  const config = new ConfigReader({ text_config: { rope_theta: 1e7 } }, 'config.json').object('text_config');
  expect(readRotary(config, 256, { partial: 0.25 })).toEqual({ type: 'default', theta: 1e7, rotaryDim: 64 });
});

test('names the file and the whole path of a bad key', () => {
  const config = new ConfigReader({ text_config: { rope_parameters: { rope_type: 'linear', factor: 0 } } }, 'config.json').object('text_config');
  expect(() => readRotary(config, 64)).toThrow(ConfigError);
  expect(() => readRotary(config, 64)).toThrow('config.json: "text_config.rope_parameters.factor" must be a positive number, but is 0.');
});
