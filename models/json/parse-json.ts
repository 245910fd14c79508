import { CheckpointError } from '../errors/checkpoint-error.ts';
import { JsonSyntaxError, readJsonText } from './json-reader.ts';

/**
 * The value of a JSON file, `NaN` and `Infinity` as Python writes them included.
 *
 * @throws CheckpointError `checkpoint/json`, with line and column of the mistake.
 */
export function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not lost: the slow reader finds the same mistake and says where it is.
    try {
      return readJsonText(text, { pythonNumbers: true });
    } catch (cause) {
      if (!(cause instanceof JsonSyntaxError)) throw cause;
      throw new CheckpointError('json', `is not valid JSON at ${describePosition(text, cause.position)}: ${cause.message}`, { file, cause });
    }
  }
}

/** Line and column, both from 1, and the index from 0. */
export function describePosition(text: string, position: number): string {
  const before = text.slice(0, position);
  const lineStart = before.lastIndexOf('\n') + 1;
  return `line ${before.split('\n').length}, column ${position - lineStart + 1} (character ${position})`;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
