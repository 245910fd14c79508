import type { ConfigReader } from '../../config/config-reader.ts';

export const TOKENIZER_MODEL = 'tokenizer.ggml.model';

/** Whether the file has a vocabulary at all; some hold weights alone. */
export function hasTokenizer(metadata: ConfigReader): boolean {
  const model = metadata.optionalString(TOKENIZER_MODEL);
  return model !== undefined && model !== 'no_vocab' && model !== 'none';
}
