/**
 * Sentencepiece's own way with a text (`bpe_model.cc`; `llm_tokenizer_spm_session` in llama.cpp's `llama-vocab.cpp`), done slowly: join the
 * neighbours whose union is the piece with the highest score, the leftmost among equals, until no union is a piece.
 */
export function joinByScores(text: string, ids: ReadonlyMap<string, number>, scores: ArrayLike<number>): string[] {
  const symbols = [...text];
  for (;;) {
    let best = -1;
    let bestScore = -Infinity;
    for (let at = 0; at + 1 < symbols.length; at += 1) {
      const id = ids.get(`${symbols[at]}${symbols[at + 1]}`);
      const score = id === undefined ? -Infinity : (scores[id] ?? 0);
      if (score > bestScore) [best, bestScore] = [at, score];
    }
    if (best === -1) return symbols;
    symbols.splice(best, 2, `${symbols[best]}${symbols[best + 1]}`);
  }
}
