import type { GgufMetadata } from './write-gguf.ts';

/** `LLAMA_TOKEN_TYPE_USER_DEFINED`: text that stands for itself, wherever it occurs. */
const USER_DEFINED = 4;

/** What stands for a token in a prompt: llama.cpp's page takes text only, and splits user-defined tokens off before all else. */
export const tokenText = (id: number): string => `<|${id}|>`;

/**
 * A byte-level BPE vocabulary of `size` tokens with these texts, and no merges. It has no tokens for bytes, since texts of them need not be
 * UTF-8, which llama.cpp's JSON cannot hold. An end of text there has to be; it is token 0.
 */
export function vocabulary(size: number): GgufMetadata {
  const ids = Array.from({ length: size }, (_, id) => id);
  return {
    'tokenizer.ggml.model': { type: 'string', value: 'gpt2' },
    'tokenizer.ggml.pre': { type: 'string', value: 'gpt-2' },
    'tokenizer.ggml.tokens': { type: 'array', of: 'string', values: ids.map(tokenText) },
    'tokenizer.ggml.token_type': { type: 'array', of: 'int32', values: ids.map(() => USER_DEFINED) },
    'tokenizer.ggml.merges': { type: 'array', of: 'string', values: [] },
    'tokenizer.ggml.bos_token_id': { type: 'uint32', value: 0 },
    'tokenizer.ggml.eos_token_id': { type: 'uint32', value: 0 },
    'tokenizer.ggml.add_bos_token': { type: 'bool', value: false },
  };
}
