import { SluiceError } from './sluice-error.ts';

/** An option of a call, or of the checkpoint's `generation_config.json`, has a value that it cannot have. */
export class InvalidOptionError extends SluiceError {
  readonly code = 'invalid-option';
  readonly option: string;
  readonly value: unknown;
  /** What would have been accepted. */
  readonly allowed: string;

  constructor(option: string, value: unknown, allowed: string) {
    const shown = typeof value === 'string' ? JSON.stringify(value) : String(value);
    super(`${option} is ${shown}, but must be ${allowed}. Pass such a value, or leave the option out.`);
    this.option = option;
    this.value = value;
    this.allowed = allowed;
  }
}
