import { expect, test } from 'vitest';
import type { MetadataValue } from '../metadata.ts';
import { ggufStopTokens } from './stop-tokens.ts';

/** A vocabulary of these tokens, typed as control tokens where they are in angle brackets. */
function stops(tokens: readonly string[], further: Readonly<Record<string, MetadataValue>> = {}): number[] {
  const types = Int32Array.from(tokens, (token) => (/^<.*>$/.test(token) ? 3 : 1));
  const values = { 'tokenizer.ggml.model': 'gpt2', 'tokenizer.ggml.tokens': tokens, 'tokenizer.ggml.token_type': types, ...further };
  return ggufStopTokens(new Map<string, MetadataValue>(Object.entries(values)), 'model.gguf');
}

test('a file without a vocabulary has none', () => {
  expect(ggufStopTokens(new Map(), 'model.gguf')).toEqual([]);
  expect(ggufStopTokens(new Map([['tokenizer.ggml.model', 'none']]), 'model.gguf')).toEqual([]);
});

test('they are found by key', () => {
  expect(stops(['a', 'b', 'c', 'd'], { 'tokenizer.ggml.eos_token_id': 3, 'tokenizer.ggml.eot_token_id': 0, 'tokenizer.ggml.eom_token_id': 2 })).toEqual([0, 2, 3]);
});

test('they are found by text', () => {
  expect(stops(['a', '<|im_start|>', '<|im_end|>', '<|endoftext|>', '<end_of_turn>', '[EOT]'])).toEqual([2, 3, 4, 5]);
});

test('one token pads the text to be filled in, the first that is known', () => {
  expect(stops(['[PAD]', '<|fim_pad|>', '<|repo_name|>', '<|file_sep|>'])).toEqual([1, 2, 3]);
  expect(stops(['[PAD]', '<|fim_pad|>'], { 'tokenizer.ggml.fim_pad_token_id': 0 })).toEqual([0]);
});

test('</s> counts where it is a token by itself', () => {
  expect(stops(['a', '</s>'])).toEqual([1]);
  expect(stops(['a', '</s>'], { 'tokenizer.ggml.token_type': Int32Array.of(1, 1) })).toEqual([]);
  expect(stops(['a', '</s>'], { 'tokenizer.ggml.token_type': Int32Array.of(1, 1), 'tokenizer.ggml.eos_token_id': 1 })).toEqual([1]);
});

test("sentencepiece's third token ends a text where nothing else is said", () => {
  expect(stops(['<unk>', '<s>', '<e>', 'a'], { 'tokenizer.ggml.model': 'llama' })).toEqual([2]);
  expect(stops(['<unk>', '<s>', '<e>', 'a'], { 'tokenizer.ggml.model': 'llama', 'tokenizer.ggml.eos_token_id': 3 })).toEqual([3]);
});

test('in the harmony format <|end|> only ends a message', () => {
  expect(stops(['<|end|>', '<|return|>', '<|call|>'])).toEqual([1, 2]);
  expect(stops(['<|end|>', '<|flush|>', '<|calls|>'])).toEqual([1, 2]);
  expect(stops(['<|end|>', '<|return|>'])).toEqual([0, 1]);
});

test('an id outside of the vocabulary is an error', () => {
  expect(() => stops(['a'], { 'tokenizer.ggml.eot_token_id': 1 })).toThrow(expect.objectContaining({ code: 'config', file: 'model.gguf', key: 'tokenizer.ggml.eot_token_id' }));
});
