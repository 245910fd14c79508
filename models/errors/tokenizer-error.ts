import { SluiceError } from '../../engine/errors/sluice-error.ts';

/** A tokenizer's description, in `tokenizer.json`, `tokenizer_config.json` or a GGUF file, is malformed or asks for something that Sluice cannot do exactly. */
export class TokenizerError extends SluiceError {
  readonly code = 'tokenizer';
  readonly file: string;
  /** Path of the offending key, such as `decoder.decoders.1.type`; empty for the file as a whole. */
  readonly key: string;

  constructor(file: string, key: string, problem: string, options?: ErrorOptions) {
    super(`${key === '' ? file : `${file}: "${key}"`} ${problem}`, options);
    this.file = file;
    this.key = key;
  }
}
