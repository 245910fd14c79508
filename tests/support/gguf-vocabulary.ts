import type { GgufMetadata, MetadataValue } from '../../models/gguf/metadata.ts';

interface HubTokenizer {
  readonly added_tokens: readonly { readonly id: number; readonly content: string; readonly special: boolean }[];
  readonly model: { readonly vocab: Readonly<Record<string, number>>; readonly merges: readonly (string | readonly string[])[] };
}

const NORMAL = 1;
const CONTROL = 3;
const USER_DEFINED = 4;

/** The metadata that llama.cpp's `convert_hf_to_gguf.py` makes of a byte-level BPE of the Hub (`_set_vocab_gpt2`). */
export function byteLevelMetadata(tokenizerJson: unknown, pre: string, further: Record<string, MetadataValue> = {}): GgufMetadata {
  const { tokens, types, model } = vocabularyOf(tokenizerJson);
  return new Map<string, MetadataValue>([
    ['tokenizer.ggml.model', 'gpt2'],
    ['tokenizer.ggml.pre', pre],
    ['tokenizer.ggml.tokens', tokens],
    ['tokenizer.ggml.token_type', types],
    ['tokenizer.ggml.merges', model.merges.map((merge) => (typeof merge === 'string' ? merge : merge.join(' ')))],
    ...Object.entries(further),
  ]);
}

/**
 * The same for a sentencepiece BPE. Its scores, which the Hub's `tokenizer.json` lacks, count down from the first piece that is made of
 * others; `score` tells the exceptions.
 */
export function sentencepieceMetadata(tokenizerJson: unknown, score: (token: string, id: number) => number, further: Record<string, MetadataValue> = {}): GgufMetadata {
  const { tokens, types } = vocabularyOf(tokenizerJson);
  tokens.forEach((token, id) => {
    if (/^<0x[0-9A-F]{2}>$/.test(token)) types[id] = 6;
  });
  return new Map<string, MetadataValue>([
    ['tokenizer.ggml.model', 'llama'],
    ['tokenizer.ggml.pre', 'default'],
    ['tokenizer.ggml.tokens', tokens],
    ['tokenizer.ggml.scores', Float32Array.from(tokens, score)],
    ['tokenizer.ggml.token_type', types],
    ...Object.entries(further),
  ]);
}

function vocabularyOf(tokenizerJson: unknown): { readonly tokens: string[]; readonly types: Int32Array; readonly model: HubTokenizer['model'] } {
  const { added_tokens, model } = tokenizerJson as HubTokenizer;
  const tokens: string[] = [];
  for (const [token, id] of Object.entries(model.vocab)) tokens[id] = token;
  for (const { id, content } of added_tokens) tokens[id] = content;
  const types = new Int32Array(tokens.length).fill(NORMAL);
  for (const { id, special } of added_tokens) types[id] = special ? CONTROL : USER_DEFINED;
  return { tokens, types, model };
}
