import { TOKEN_TYPE, type Vocabulary } from './vocabulary.ts';

type Merge = [left: string, right: string];

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
export function sentencepieceMerges({ tokens, types, ids }: Vocabulary, scores: ArrayLike<number>): Merge[] {
  const score = (id: number): number => scores[id] ?? 0;
  const isPiece = (text: string): boolean => types[ids.get(text) ?? -1] === TOKEN_TYPE.normal;
  const pieces = [...ids.values()].filter((id) => types[id] === TOKEN_TYPE.normal).sort((a, b) => score(b) - score(a) || a - b);

  const merges: Merge[] = [];
  for (let start = 0, end = 0; start < pieces.length; start = end) {
    while (end < pieces.length && score(pieces[end] ?? 0) === score(pieces[start] ?? 0)) end += 1;
    const equals = pieces.slice(start, end).flatMap((id) => splits(tokens[id] ?? '', isPiece));
    for (const merge of end - start > 1 ? bySides(equals) : equals) merges.push(merge);
  }
  return merges;
}

/** Every way to cut a piece into two others, the longest left side first. */
function splits(piece: string, isPiece: (text: string) => boolean): Merge[] {
  const found: Merge[] = [];
  for (let cut = piece.length - 1; cut > 0; cut -= 1) {
    const left = piece.slice(0, cut);
    // Half a character is no piece, so that no cut is inside of one.
    if (!isPiece(left)) continue;
    const right = piece.slice(cut);
    if (isPiece(right)) found.push([left, right]);
  }
  return found;
}

function bySides(merges: readonly Merge[]): Merge[] {
  const sided = merges.map((merge) => ({ merge, left: [...merge[0]].length, right: [...merge[1]].length }));
  return sided.sort((a, b) => b.left - a.left || b.right - a.right).map(({ merge }) => merge);
}
