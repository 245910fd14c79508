import { ConfigError } from '../errors/config-error.ts';

interface Range {
  readonly min?: number;
  readonly max?: number;
}

interface Default<T> {
  readonly default?: T;
}

type Check<T> = (value: unknown) => value is T;

/**
 * Reads a JSON file of a checkpoint, whose contents nobody has checked, key by key. A key that is missing or `null` is absent:
 * `null` is how the Hub's configs spell "not set". An absent key yields the `default` where one is given; otherwise, and for any
 * value of the wrong kind, the methods throw `ConfigError`, which names the file and the key. The `optional…` variants yield
 * `undefined` for an absent key.
 *
 *     const config = new ConfigReader(json, 'config.json');
 *     const hidden = config.integer('hidden_size', { min: 1 });
 */
export class ConfigReader {
  readonly file: string;
  /** Path of this object inside the file; empty at the top. */
  readonly path: string;
  readonly #values: Readonly<Record<string, unknown>>;

  /** @throws ConfigError where `json` is not an object. */
  constructor(json: unknown, file: string, path = '') {
    if (!isObject(json)) throw new ConfigError(file, path, 'an object', json);
    this.file = file;
    this.path = path;
    this.#values = json;
  }

  has(key: string): boolean {
    return this.#value(key) !== undefined;
  }

  keys(): string[] {
    return Object.keys(this.#values);
  }

  /** The value as it stands, for keys that may hold several kinds of things; undefined where it is absent. */
  raw(key: string): unknown {
    return this.#value(key);
  }

  /** A whole number within the safe range, at least `min` (0 unless given) and at most `max`. */
  integer(key: string, options: Range & Default<number> = {}): number {
    return this.#required(key, this.optionalInteger(key, options), integerWords(options), options);
  }

  optionalInteger(key: string, range: Range = {}): number | undefined {
    const { min = 0, max = Infinity } = range;
    return this.#optional(key, integerWords(range), (value): value is number => Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max);
  }

  /** A finite number, at least `min` and at most `max`. */
  number(key: string, options: Range & Default<number> = {}): number {
    return this.#required(key, this.optionalNumber(key, options), numberWords(options), options);
  }

  optionalNumber(key: string, range: Range = {}): number | undefined {
    const { min = -Infinity, max = Infinity } = range;
    return this.#optional(key, numberWords(range), (value): value is number => Number.isFinite(value) && Number(value) >= min && Number(value) <= max);
  }

  boolean(key: string, options: Default<boolean> = {}): boolean {
    return this.#required(key, this.optionalBoolean(key), 'true or false', options);
  }

  optionalBoolean(key: string): boolean | undefined {
    return this.#optional(key, 'true or false', (value) => typeof value === 'boolean');
  }

  string(key: string, options: Default<string> = {}): string {
    return this.#required(key, this.optionalString(key), 'a string', options);
  }

  optionalString(key: string): string | undefined {
    return this.#optional(key, 'a string', (value) => typeof value === 'string');
  }

  /** One of the listed strings: `config.oneOf('hidden_act', ['silu', 'gelu'])`. */
  oneOf<const T extends string>(key: string, values: readonly T[], options: Default<NoInfer<T>> = {}): T {
    return this.#required(key, this.optionalOneOf(key, values), choiceWords(values), options);
  }

  optionalOneOf<const T extends string>(key: string, values: readonly T[]): T | undefined {
    return this.#optional(key, choiceWords(values), (value): value is T => values.some((candidate) => candidate === value));
  }

  /** An array of anything; `integers`, `numbers`, `strings` and `eachOneOf` also check the elements. */
  array(key: string): readonly unknown[] {
    return this.#required(key, this.optionalArray(key), 'an array', {});
  }

  optionalArray(key: string): readonly unknown[] | undefined {
    return this.#optional(key, 'an array', (value): value is readonly unknown[] => Array.isArray(value));
  }

  /** An array of whole numbers, each within the range (at least 0 unless `min` is given). */
  integers(key: string, range: Range = {}): number[] {
    return this.#elements(key, (reader, index) => reader.integer(index, range));
  }

  /** An array of finite numbers, each within the range. */
  numbers(key: string, range: Range = {}): number[] {
    return this.#elements(key, (reader, index) => reader.number(index, range));
  }

  strings(key: string): string[] {
    return this.#elements(key, (reader, index) => reader.string(index));
  }

  /** An array whose every element is one of the listed strings, such as `layer_types`. */
  eachOneOf<const T extends string>(key: string, values: readonly T[]): T[] {
    return this.#elements(key, (reader, index) => reader.oneOf(index, values));
  }

  /** A nested object, such as `text_config` or `rope_parameters`; its errors name the whole path. */
  object(key: string): ConfigReader {
    return this.#required(key, this.optionalObject(key), 'an object', {});
  }

  optionalObject(key: string): ConfigReader | undefined {
    const value = this.#value(key);
    return value === undefined ? undefined : new ConfigReader(value, this.file, this.#pathOf(key));
  }

  /** An error about a key that is well-formed in itself but does not fit the rest of the config. */
  error(key: string, expected: string): ConfigError {
    return new ConfigError(this.file, this.#pathOf(key), expected, this.#value(key));
  }

  #value(key: string): unknown {
    // Own keys only: a key such as "constructor" must not find what every object inherits.
    return Object.hasOwn(this.#values, key) ? (this.#values[key] ?? undefined) : undefined;
  }

  #pathOf(key: string): string {
    return this.path === '' ? key : `${this.path}.${key}`;
  }

  #optional<T>(key: string, expected: string, check: Check<T>): T | undefined {
    const value = this.#value(key);
    if (value === undefined) return undefined;
    if (!check(value)) throw this.error(key, expected);
    return value;
  }

  #required<T>(key: string, value: T | undefined, expected: string, options: Default<T>): T {
    const result = value ?? options.default;
    if (result === undefined) throw this.error(key, expected);
    return result;
  }

  #elements<T>(key: string, read: (reader: ConfigReader, index: string) => T): T[] {
    const values = this.array(key);
    const reader = new ConfigReader({ ...values }, this.file, this.#pathOf(key));
    return values.map((_, index) => read(reader, String(index)));
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function integerWords({ min = 0, max }: Range): string {
  return `a whole number${rangeWords({ min, ...(max === undefined ? {} : { max }) })}`;
}

function numberWords(range: Range): string {
  return `a number${rangeWords(range)}`;
}

function rangeWords({ min, max }: Range): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (min !== undefined) return ` of at least ${min}`;
  return max === undefined ? '' : ` of at most ${max}`;
}

function choiceWords(values: readonly string[]): string {
  return `one of ${values.map((value) => JSON.stringify(value)).join(', ')}`;
}
