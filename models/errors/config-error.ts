import { SluiceError } from '../../engine/errors/sluice-error.ts';

/** A key of a JSON file of the checkpoint is missing or holds something else than it must. */
export class ConfigError extends SluiceError {
  readonly code = 'config';
  readonly file: string;
  /** Path of the key inside the file, such as `text_config.layer_types.3`; empty for the file as a whole. */
  readonly key: string;
  /** What the key must hold, in words. */
  readonly expected: string;
  /** What it holds, as shortened JSON, or `nothing`. */
  readonly actual: string;

  constructor(file: string, key: string, expected: string, actual: unknown) {
    const shown = describe(actual);
    super(`${key === '' ? file : `${file}: "${key}"`} must be ${expected}, but is ${shown}.`);
    this.file = file;
    this.key = key;
    this.expected = expected;
    this.actual = shown;
  }
}

const LONGEST = 80;

function describe(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…`;
}
