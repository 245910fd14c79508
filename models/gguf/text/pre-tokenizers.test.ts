import { Tokenizer as HubTokenizer } from '@huggingface/tokenizers';
import { describe, expect, test } from 'vitest';
import { byteLevelBytes } from '../../text/byte-level-alphabet.ts';
import { byteLevelParts } from './byte-level-json.ts';
import { ConfigReader } from '../../config/config-reader.ts';
import { findPreTokenizer, type PreTokenizer } from './pre-tokenizers.ts';

function known(name: string): PreTokenizer {
  const preTokenizer = findPreTokenizer(name);
  if (preTokenizer === undefined) throw new Error(`${name} is not in the table`);
  return preTokenizer;
}

/** The pieces that a text is cut into, as the library cuts it. */
function pieces(name: string, text: string): string[] {
  const vocabulary = { tokens: [], types: new Uint8Array(), ids: new Map<string, number>() };
  const parts = byteLevelParts(new ConfigReader({ 'tokenizer.ggml.merges': [] }, 'model.gguf'), vocabulary, known(name));
  const hub = new HubTokenizer({ added_tokens: [], post_processor: null, ...parts }, {});
  return (hub.pre_tokenizer?.(text) ?? []).map((piece) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(byteLevelBytes(piece)));
}

/** Contractions in both cases, ASCII digits and others, capitals within words, line ends, symbols, and white space before a letter. */
const english = "I'm WE'LL 12345½ camelCaseABCdef\r\n\n  x=(a+b)`$//\n\t\ty";
/** Composed and combining marks, scripts without cases, full-width punctuation, and white space at the end. */
const others = '\u00c9t\u00e9 cafe\u0301 हिन्दी 日本語か 한국어、。！ x  ';

describe.each<readonly [string, string, string]>([
  ['gpt-2', "I|'m| WE|'|LL| 12345½| camelCaseABCdef|\r\n\n | x|=(|a|+|b|)`$//|\n\t|\t|y", 'Été| cafe|\u0301| ह|\u093f|न|\u094d|द|\u0940| 日本語か| 한국어|、。！| x|  '],
  ['smollm', "I|'m| WE|'|LL| |1|2|3|4|5|½| camelCaseABCdef|\r\n\n | x|=(|a|+|b|)`$//|\n\t|\t|y", 'Été| cafe|\u0301| ह|\u093f|न|\u094d|द|\u0940| 日本語か| 한국어|、。！| x|  '],
  ['default', "I|'|m| WE|'|LL| |123|45½| camelCaseABCdef|\r\n\n | x|=(|a|+|b|)|`|$//|\n\t|\t|y", 'Été| cafe|\u0301| ह|\u093f|न|\u094d|द|\u0940| 日本語か| 한국어|、。！| x|  '],
  ['falcon', "I|'|m| WE|'|LL| |123|45½| camelCaseABCdef|\r\n\n | x|=(|a|+|b|)`$//|\n\t|\t|y", 'Été| cafe|\u0301| ह|\u093f|न|\u094d|द|\u0940| 日本語か| 한국어|、。！| x|  '],
  ['llama-bpe', "I|'m| WE|'LL| |123|45½| camelCaseABCdef|\r\n\n| | x|=(|a|+b|)`$//\n|\t|\ty", 'Été| cafe|\u0301| ह|\u093fन|\u094dद|\u0940| 日本語か| 한국어|、。！| x|  '],
  ['qwen2', "I|'m| WE|'LL| |1|2|3|4|5|½| camelCaseABCdef|\r\n\n| | x|=(|a|+b|)`$//\n|\t|\ty", 'Été| cafe|\u0301| ह|\u093fन|\u094dद|\u0940| 日本語か| 한국어|、。！| x|  '],
  ['qwen35', "I|'m| WE|'LL| |1|2|3|4|5|½| camelCaseABCdef|\r\n\n| | x|=(|a|+b|)`$//\n|\t|\ty", 'Été| cafe\u0301| हिन्दी| 日本語か| 한국어|、。！| x|  '],
  ['minicpm5', "I|'m| WE|'LL| |123|45½| camelCaseABCdef|\r\n\n| | x|=(|a|+b|)`$//\n|\t|\ty", 'Été| cafe|\u0301| ह|\u093fन|\u094dद|\u0940| 日本語か| 한국어|、。！| x|  '],
  // Its punctuation runs from ":" to "~", ASCII letters included.
  ['deepseek-llm', "I|'|m| WE|'|LL| |12345½| camelCaseABCdef|\r|\n|\n| | x|=(|a|+|b|)`$//|\n|\t|\ty", 'É|t|é| cafe|\u0301 |हिन्दी| |日本語か| |한국어|、。|！| x|  '],
  ['deepseek-coder', "I|'|m| WE|'|LL| |1|2|3|4|5|½| camelCaseABCdef|\r|\n|\n| | x|=|(|a|+|b|)|`$|//|\n|\t|\ty", 'Été| cafe|\u0301| |ह|\u093f|न|\u094d|द|\u0940| |日本語か| |한국어|、。|！| x|  '],
  ['deepseek-v3', "I|'m| WE|'LL| |123|45½| camelCaseABCdef|\r\n\n| | x|=(|a|+b|)`$//\n|\t|\ty", 'Été| cafe\u0301| हिन्दी| |日本語か| 한국어|、。！| x|  '],
  ['tekken', "I|'m| WE|'LL| |1|2|3|4|5|½| camel|Case|ABCdef|\r\n\n| | x|=(|a|+b|)`$//\n|\t|\ty", 'Été| cafe\u0301| हिन्दी| 日本語か| 한국어|、。！| x|  '],
  ['gpt-4o', "I'm| WE'LL| |123|45½| camel|Case|ABCdef|\r\n\n| | x|=(|a|+b|)`$//\n|\t|\ty", 'Été| cafe\u0301| हिन्दी| 日本語か| 한국어|、。！| x|  '],
  ['kimi-k2', "I'm| WE'LL| |123|45½| camel|Case|ABCdef|\r\n\n| | x|=(|a|+b|)`$//\n|\t|\ty", 'Été| cafe\u0301| हिन्दी| |日本語|か| 한국어|、。！| x|  '],
  ['bailingmoe', "I|'m| WE|'LL| |1|2|3|4|5|½| camelCaseABCdef|\r\n\n| | x|=(|a|+b|)`$//\n|\t|\ty", 'Été| cafe|\u0301| ह|\u093fन|\u094dद|\u0940| 日本語か| 한국어|、。！| x|  '],
  ['seed-coder', "I|'m| WE|'LL| |1|2|3|4|5|½| camelCaseABCdef|\r\n\n| | x|=(|a|+b|)`$//|\n|\t|\ty", 'Été| cafe|\u0301| ह|\u093fन|\u094dद|\u0940| 日本語か| 한국어|、。！| x|  '],
  ['exaone-moe', "I|'m| WE|'LL| |1|2|3|4|5|½| camelCaseABCdef|\r\n\n| | x|=(|a|+b|)`$//\n|\t|\ty", 'Été cafe\u0301 हिन्दी 日本語か 한국어|、。！| x|  '],
  ['bloom', "I'm| WE'LL| 12345½| camelCaseABCdef|\r\n\n | x=|(|a+b|)|`$//|\n\t\t|y", 'Été| cafe\u0301| हिन्दी| 日本語か| 한국어|、。|！| x|  '],
  ['viking', "I'm| WE'LL| |1|2|3|4|5|½| camelCaseABCdef|\r\n\n | x=|(|a+b|)|`$//|\n\t\t|y", 'Été| cafe\u0301| हिन्दी| 日本語か| 한국어|、。|！| x|  '],
])('%s', (name, expectedEnglish, expectedOthers) => {
  test('cuts English', () => expect(pieces(name, english)).toEqual(expectedEnglish.split('|')));
  test('cuts other scripts', () => expect(pieces(name, others)).toEqual(expectedOthers.split('|')));
});

test('Unicode white space separates, and a byte order mark does not', () => {
  expect(pieces('llama-bpe', 'a\u0085\u3000b\uFEFFc')).toEqual(['a', '\u0085', '\u3000b', '\uFEFFc']);
  expect(pieces('gpt-2', 'a\u0085b\uFEFFc')).toEqual(['a', '\u0085', 'b', '\uFEFF', 'c']);
});

test('names of one kind share it, and those of special kinds are missing', () => {
  expect(findPreTokenizer('llama3')).toEqual(findPreTokenizer('llama-bpe'));
  expect(known('smaug-bpe')).toEqual({ splits: known('llama-bpe').splits });
  for (const name of ['gemma4', 'afmoe', 'roberta-bpe', '', 'constructor']) expect(findPreTokenizer(name)).toBeUndefined();
});
