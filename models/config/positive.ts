import type { ConfigReader } from './config-reader.ts';

export const isPositive = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value) && value > 0;

/** A positive number, or undefined where there is none. Throws `ConfigError`. */
export function positive(c: ConfigReader, key: string): number | undefined {
  const value = c.raw(key);
  if (value !== undefined && !isPositive(value)) throw c.error(key, 'a positive number');
  return value;
}
