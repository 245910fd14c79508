import { numbers, string, strings } from './values.ts';
import type { WrittenMetadata } from './write-gguf.ts';

interface HubTokenizer {
  readonly added_tokens: readonly { readonly id: number; readonly content: string; readonly special: boolean }[];
  readonly model: { readonly vocab: Readonly<Record<string, number>>; readonly merges: readonly (string | readonly string[])[] };
}

const NORMAL = 1;
const CONTROL = 3;
const USER_DEFINED = 4;
const BYTE = 6;

/** Of every token by its id. */
export interface TypedTokens {
  readonly tokens: readonly string[];
  readonly types: readonly number[];
}

export interface ScoredTokens extends TypedTokens {
  readonly scores: readonly number[];
}

/** The metadata that llama.cpp's `convert_hf_to_gguf.py` makes of a byte-level BPE of the Hub (`_set_vocab_gpt2`). */
export function byteLevelMetadata(tokenizerJson: unknown, pre: string): WrittenMetadata {
  const { tokens, types } = typedTokens(tokenizerJson);
  const { merges } = (tokenizerJson as HubTokenizer).model;
  return [
    ['tokenizer.ggml.model', string('gpt2')],
    ['tokenizer.ggml.pre', string(pre)],
    ['tokenizer.ggml.tokens', strings(tokens)],
    ['tokenizer.ggml.token_type', numbers('i32', types)],
    ['tokenizer.ggml.merges', strings(merges.map((merge) => (typeof merge === 'string' ? merge : merge.join(' '))))],
  ];
}

/** The same of a sentencepiece BPE. */
export const sentencepieceMetadata = ({ tokens, types, scores }: ScoredTokens): WrittenMetadata => [
  ['tokenizer.ggml.model', string('llama')],
  ['tokenizer.ggml.pre', string('default')],
  ['tokenizer.ggml.tokens', strings(tokens)],
  ['tokenizer.ggml.scores', numbers('f32', scores)],
  ['tokenizer.ggml.token_type', numbers('i32', types)],
];

/** The tokens of a sentencepiece BPE; `score` tells what the Hub's `tokenizer.json` lacks. */
export function scoredTokens(tokenizerJson: unknown, score: (token: string, id: number) => number): ScoredTokens {
  const { tokens, types } = typedTokens(tokenizerJson);
  return { tokens, types: types.map((type, id) => (/^<0x[0-9A-F]{2}>$/.test(tokens[id]) ? BYTE : type)), scores: tokens.map(score) };
}

function typedTokens(tokenizerJson: unknown): TypedTokens {
  const { added_tokens: added, model } = tokenizerJson as HubTokenizer;
  const tokens: string[] = [];
  for (const [token, id] of Object.entries(model.vocab)) tokens[id] = token;
  for (const { id, content } of added) tokens[id] = content;
  const types = tokens.map(() => NORMAL);
  for (const { id, special } of added) types[id] = special ? CONTROL : USER_DEFINED;
  return { tokens, types };
}
