import { describe, expect, test } from 'vitest';
import { uniform } from '../../../shaders/random.ts';
import { joinByScores } from '../../../tests/support/join-by-scores.ts';
import { createTokenizer } from '../../text/tokenizer.ts';
import { sentencepieceMerges } from './sentencepiece-merges.ts';
import { TOKEN_TYPE, type Vocabulary } from './vocabulary.ts';

function vocabulary(tokens: readonly string[], types: Readonly<Record<string, number>> = {}): Vocabulary {
  return { tokens, types: Uint8Array.from(tokens, (token) => types[token] ?? TOKEN_TYPE.normal), ids: new Map(tokens.map((token, id) => [token, id])) };
}

function joinByMerges(vocab: Vocabulary, merges: readonly (readonly [string, string])[]): (text: string) => string[] {
  const model = { type: 'BPE', vocab: Object.fromEntries(vocab.ids), merges };
  const tokenizer = createTokenizer({ added_tokens: [], decoder: { type: 'Fuse' }, model }, undefined);
  return (text) => tokenizer.encode(text, { addSpecialTokens: false }).map((id) => vocab.tokens[id] ?? '');
}

describe('the order of merges', () => {
  test('is that of the scores, whatever the ids', () => {
    expect(sentencepieceMerges(vocabulary(['a', 'b', 'c', 'ab', 'bc']), [0, 0, 0, -2, -1])).toEqual([['b', 'c'], ['a', 'b']]);
  });

  test('has every split of a piece, the longer left side first', () => {
    expect(sentencepieceMerges(vocabulary(['a', 'b', 'c', 'ab', 'bc', 'abc']), [0, 0, 0, -1, -2, -3])).toEqual([['a', 'b'], ['b', 'c'], ['ab', 'c'], ['a', 'bc']]);
  });

  test('among equal scores goes by the sides, then by the ids', () => {
    expect(sentencepieceMerges(vocabulary(['a', 'b', 'ba', 'aa', 'aab', 'aaba']), [0, 0, -1, -1, -1, -1])).toEqual([['aab', 'a'], ['aa', 'ba'], ['aa', 'b'], ['b', 'a'], ['a', 'a']]);
  });

  test('joins characters of two UTF-16 units', () => {
    expect(sentencepieceMerges(vocabulary(['😀', '🦙', '😀🦙']), [0, 0, -1])).toEqual([['😀', '🦙']]);
  });

  test('leaves out what is no normal piece', () => {
    const types = { '<s>': TOKEN_TYPE.control, '<0': TOKEN_TYPE.userDefined };
    expect(sentencepieceMerges(vocabulary(['<', 's', '>', 's>', '<s>', '0', '<0', '<0s'], types), [0, 0, 0, -1, -2, 0, -3, -4])).toEqual([['s', '>']]);
  });
});

describe('BPE over the merges is sentencepiece over the scores', () => {
  /** A vocabulary as sentencepiece trains it: every piece joins two earlier ones, and scores fall as it grows. */
  function trained(letters: string, size: number, next: () => number): string[] {
    const tokens = [...letters];
    while (tokens.length < size) {
      const [left, right] = [tokens[Math.floor(next() * tokens.length)], tokens[Math.floor(next() * tokens.length)]];
      if (!tokens.includes(`${left}${right}`)) tokens.push(`${left}${right}`);
    }
    return tokens;
  }

  test.each(['ab', 'abc', 'abcdefgh'])('for random vocabularies over %s', (letters) => {
    const next = uniform(letters.length);
    for (let run = 0; run < 40; run += 1) {
      const tokens = trained(letters, letters.length + 40, next);
      const vocab = vocabulary(tokens);
      const scores = tokens.map((_, id) => -id);
      const join = joinByMerges(vocab, sentencepieceMerges(vocab, scores));
      for (let text = 0; text < 50; text += 1) {
        const word = Array.from({ length: 1 + Math.floor(next() * 30) }, () => letters[Math.floor(next() * letters.length)]).join('');
        expect([word, join(word)]).toEqual([word, joinByScores(word, vocab.ids, scores)]);
      }
    }
  });

  test.each([
    ['with every length', [2, 3, 4, 5, 6, 7, 8]],
    ['with powers of two', [2, 4, 8, 16]],
    ['with gaps', [2, 3, 5, 8, 9]],
  ])('for runs of one character whose pieces all have one score, %s', (_, lengths) => {
    const tokens = ['▁', ...lengths.map((length) => '▁'.repeat(length))];
    const vocab = vocabulary(tokens);
    const scores = tokens.map(() => -1e9);
    const join = joinByMerges(vocab, sentencepieceMerges(vocab, scores));
    for (let length = 1; length <= 70; length += 1) {
      const run = '▁'.repeat(length);
      expect([length, join(run)]).toEqual([length, joinByScores(run, vocab.ids, scores)]);
    }
  });
});
