import { CheckpointError } from '../errors/checkpoint-error.ts';
import { isObject, parseJson } from '../json/parse-json.ts';
import type { JsonObject } from './checkpoint.ts';

/** The object in a config file, with its non-finite numbers restored. */
export function parseConfig(text: string, file: string): JsonObject {
  const value = reviveFloats(parseJson(text, file));
  if (isObject(value)) return value;
  throw new CheckpointError('config', 'should hold a JSON object', { file });
}

const FLOATS: ReadonlyMap<unknown, number> = new Map([
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
]);

/** Since version 5, transformers writes a non-finite number as `{"__float__": "Infinity"}` (its pull request 42959). */
function reviveFloats(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reviveFloats);
  if (!isObject(value)) return value;
  const entries = Object.entries(value);
  if (entries.length === 1 && entries[0][0] === '__float__') return FLOATS.get(entries[0][1]) ?? value;
  return Object.fromEntries(entries.map(([key, member]) => [key, reviveFloats(member)]));
}
