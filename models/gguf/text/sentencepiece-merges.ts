import { TOKEN_TYPE, type Vocabulary } from './vocabulary.ts';

interface Split {
  readonly left: string;
  readonly right: string;
  /** In characters, not in UTF-16 units. */
  readonly leftLength: number;
  readonly rightLength: number;
}

/**
 * The merges that make BPE do what sentencepiece does with scores. Sentencepiece joins the neighbours whose union is the piece with
 * the highest score, wherever that piece comes from; so every split of a piece into two pieces is a merge, and the piece's score
 * ranks it. This is `generate_merges` of transformers' `convert_slow_tokenizer.py`, with its order among equals: the longer left side
 * first, then the longer right side, then the lower id. (Sentencepiece takes the leftmost in the text, which merges cannot say; growing the
 * left side first comes to the same for runs of one character, and those are where real vocabularies have equal scores.)
 *
 * @param scores by id. Only normal pieces are joined: a text that spells a control token does not become one.
 * @returns pairs of neighbours, the first to be joined first.
 */
export function sentencepieceMerges({ tokens, types, ids }: Vocabulary, scores: ArrayLike<number>): [string, string][] {
  const score = (id: number): number => scores[id] ?? 0;
  const isPiece = (text: string): boolean => types[ids.get(text) ?? -1] === TOKEN_TYPE.normal;
  const pieces = [...tokens.keys()].filter((id) => isPiece(tokens[id] ?? '')).sort((a, b) => score(b) - score(a) || a - b);

  const merges: [string, string][] = [];
  for (let start = 0, end = 0; start < pieces.length; start = end) {
    while (end < pieces.length && score(pieces[end] ?? 0) === score(pieces[start] ?? 0)) end += 1;
    const equals = pieces.slice(start, end).flatMap((id) => splits(tokens[id] ?? '', isPiece));
    equals.sort((a, b) => b.leftLength - a.leftLength || b.rightLength - a.rightLength);
    for (const { left, right } of equals) merges.push([left, right]);
  }
  return merges;
}

/** Every way to cut a piece into two others. */
function splits(piece: string, isPiece: (text: string) => boolean): Split[] {
  const found: Split[] = [];
  const characters = [...piece];
  let cut = 0;
  for (let leftLength = 1; leftLength < characters.length; leftLength += 1) {
    cut += characters[leftLength - 1]?.length ?? 0;
    const left = piece.slice(0, cut);
    const right = piece.slice(cut);
    if (isPiece(left) && isPiece(right)) found.push({ left, right, leftLength, rightLength: characters.length - leftLength });
  }
  return found;
}
