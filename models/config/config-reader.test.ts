import { describe, expect, test } from 'vitest';
import { SluiceError } from '../../engine/errors/sluice-error.ts';
import { ConfigError } from '../errors/config-error.ts';
import { ConfigReader } from './config-reader.ts';

const config = new ConfigReader(
  {
    hidden_size: 64,
    eps: 1e-5,
    tie: true,
    act: 'silu',
    window: null,
    layer_types: ['linear', 'full'],
    eos: [2, 7],
    text_config: { heads: 8, layer_types: ['linear', 'half'], rope: { theta: 1e4 } },
  },
  'config.json',
);

describe('what is there', () => {
  test('is read by kind', () => {
    expect(config.integer('hidden_size', { min: 1 })).toBe(64);
    expect(config.number('eps')).toBe(1e-5);
    expect(config.boolean('tie')).toBe(true);
    expect(config.string('act')).toBe('silu');
    expect(config.oneOf('act', ['gelu', 'silu'])).toBe('silu');
    expect(config.eachOneOf('layer_types', ['linear', 'full'])).toEqual(['linear', 'full']);
    expect(config.integers('eos')).toEqual([2, 7]);
    expect(config.object('text_config').object('rope').number('theta')).toBe(1e4);
  });

  test('wins over defaults', () => {
    expect(config.integer('hidden_size', { default: 1 })).toBe(64);
    expect(new ConfigReader({ tie: false }, 'config.json').boolean('tie', { default: true })).toBe(false);
    expect(new ConfigReader({ scale: 0 }, 'config.json').number('scale', { default: 1 })).toBe(0);
  });
});

describe('what is not there', () => {
  test.each(['window', 'missing', 'constructor', 'toString'])('%s counts as absent', (key) => {
    expect(config.has(key)).toBe(false);
    expect(config.raw(key)).toBeUndefined();
    expect(config.optionalInteger(key)).toBeUndefined();
    expect(config.optionalNumber(key)).toBeUndefined();
    expect(config.optionalBoolean(key)).toBeUndefined();
    expect(config.optionalString(key)).toBeUndefined();
    expect(config.optionalOneOf(key, ['a'])).toBeUndefined();
    expect(config.optionalArray(key)).toBeUndefined();
    expect(config.optionalObject(key)).toBeUndefined();
    expect(config.integer(key, { default: 7 })).toBe(7);
    expect(config.oneOf(key, ['a', 'b'], { default: 'b' })).toBe('b');
  });

  test('is an error where it is required', () => {
    expect(() => config.integer('missing', { min: 1 })).toThrow('config.json: "missing" must be a whole number of at least 1, but is nothing.');
    for (const read of [
      () => config.number('window'),
      () => config.boolean('window'),
      () => config.string('window'),
      () => config.oneOf('window', ['a']),
      () => config.array('window'),
      () => config.object('window'),
      () => config.strings('window'),
    ]) {
      expect(read).toThrow(ConfigError);
    }
  });
});

describe('what is of the wrong kind', () => {
  const wrong = new ConfigReader(
    { half: 1.5, minus: -1, huge: 2 ** 60, text: '8', nan: Number.NaN, object: {}, list: [1, 'x'], flag: 1 },
    'config.json',
  );

  test.each([
    ['half', () => wrong.integer('half')],
    ['minus', () => wrong.integer('minus')],
    ['huge', () => wrong.integer('huge')],
    ['text', () => wrong.integer('text', { default: 8 })],
    ['half', () => wrong.integer('half', { max: 1 })],
    ['text', () => wrong.optionalNumber('text')],
    ['nan', () => wrong.number('nan')],
    ['half', () => wrong.number('half', { max: 1 })],
    ['minus', () => wrong.number('minus', { min: 0 })],
    ['flag', () => wrong.boolean('flag')],
    ['flag', () => wrong.optionalString('flag')],
    ['text', () => wrong.oneOf('text', ['9'])],
    ['object', () => wrong.array('object')],
    ['list', () => wrong.object('list')],
    ['list.1', () => wrong.integers('list')],
    ['list.0', () => wrong.strings('list')],
  ])('%s is an error', (key, read) => {
    expect(read).toThrow(expect.objectContaining({ code: 'config', file: 'config.json', key }));
  });

  test('a negative number is whole where the range allows it', () => {
    expect(wrong.integer('minus', { min: -1 })).toBe(-1);
  });

  test('the error names the whole path, what was expected, and what is there', () => {
    const text = config.object('text_config');
    expect(() => text.eachOneOf('layer_types', ['linear', 'full'])).toThrow(
      'config.json: "text_config.layer_types.1" must be one of "linear", "full", but is "half".',
    );
    expect(text.error('heads', 'a multiple of 3')).toMatchObject({ key: 'text_config.heads', expected: 'a multiple of 3', actual: '8' });
    expect(text.error('heads', 'a multiple of 3')).toBeInstanceOf(SluiceError);
  });

  test('the file as a whole must be an object, and long values are cut short', () => {
    expect(() => new ConfigReader([1], 'config.json')).toThrow('config.json must be an object, but is [1].');
    expect(new ConfigError('config.json', 'x', 'short', 'y'.repeat(500)).message.length).toBeLessThan(200);
  });
});
