import { SluiceError } from './sluice-error.ts';

/** A config key that describes the rotary embedding is missing, holds something else than it must, or names a type that is not supported. */
export class RotaryConfigError extends SluiceError {
  readonly code = 'config/rotary';
  /** Path of the key inside the config, such as `rope_parameters.factor`. */
  readonly key: string;
  /** What the key must hold, in words. */
  readonly expected: string;
  readonly actual: unknown;

  constructor(key: string, expected: string, actual: unknown) {
    super(`The config's "${key}" must be ${expected}, but is ${actual === undefined ? 'missing' : JSON.stringify(actual)}.`);
    this.key = key;
    this.expected = expected;
    this.actual = actual;
  }
}
