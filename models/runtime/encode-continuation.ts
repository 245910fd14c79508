import type { Tokenizer } from '../text/tokenizer.ts';

const utf8 = new TextDecoder();

/**
 * Tokens of a text that follows the token `last`. A tokenizer in sentencepiece's manner puts a space before whatever it
 * encodes, which does not belong into the middle of a text: there, the text is encoded together with something that
 * stands in front of it, and only what comes after that is taken. After a special token that is the token itself, so that
 * the result is what encoding the whole would have given.
 */
export function encodeContinuation(tokenizer: Tokenizer, text: string, last: number): number[] {
  const encode = (all: string): number[] => tokenizer.encode(all, { addSpecialTokens: false });
  if (text === '' || tokenizer.strip.count === 0) return encode(text);
  const front = tokenizer.isSpecial(last) ? utf8.decode(tokenizer.tokenBytes(last)) : '\n';
  const before = encode(front);
  const whole = encode(front + text);
  // The two may have merged; then a space too many is the lesser evil.
  return before.every((id, i) => id === whole[i]) ? whole.slice(before.length) : encode(text);
}
