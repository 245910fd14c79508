import { bool, numbers, string, strings, u32 } from './values.ts';
import type { WrittenMetadata } from './write-gguf.ts';

/** `LLAMA_TOKEN_TYPE_USER_DEFINED`: text that stands for itself, wherever it occurs. */
const USER_DEFINED = 4;

/** What stands for a token in a prompt: llama.cpp's page takes text only, and splits user-defined tokens off before all else. */
export const tokenText = (id: number): string => `<|${id}|>`;

interface SpecialIds {
  readonly bos_token_id?: number;
  readonly eos_token_id?: number;
}

/**
 * A byte-level BPE vocabulary of `size` tokens with these texts, and no merges. It has no tokens for bytes, since texts of them need not be
 * UTF-8, which llama.cpp's JSON cannot hold. An end of text there has to be; where the config names none it is token 0.
 */
export function vocabulary(size: number, { bos_token_id: bos = 0, eos_token_id: eos = 0 }: SpecialIds = {}): WrittenMetadata {
  const ids = Array.from({ length: size }, (_, id) => id);
  return [
    ['tokenizer.ggml.model', string('gpt2')],
    ['tokenizer.ggml.pre', string('gpt-2')],
    ['tokenizer.ggml.tokens', strings(ids.map(tokenText))],
    ['tokenizer.ggml.token_type', numbers('i32', ids.map(() => USER_DEFINED))],
    ['tokenizer.ggml.merges', strings([])],
    ['tokenizer.ggml.bos_token_id', u32(bos)],
    ['tokenizer.ggml.eos_token_id', u32(eos)],
    ['tokenizer.ggml.add_bos_token', bool(false)],
  ];
}
