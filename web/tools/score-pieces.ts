import type { Runner } from '../../engine/schedule/runner.ts';
import { scoreTokens } from '../../engine/schedule/score-tokens.ts';

/** Logits [tokens, vocabulary], read in steps of these sizes, each at most the runner's chunk; what is left is one more step. */
export async function scorePieces(runner: Runner, tokens: readonly number[], pieces: readonly number[]): Promise<Float32Array<ArrayBuffer>> {
  const logits = new Float32Array(tokens.length * runner.vocabulary);
  const sequence = await runner.createSequence();
  try {
    let start = 0;
    for (const piece of [...pieces, tokens.length]) {
      if (start === tokens.length) break;
      const read = Uint32Array.from(tokens.slice(start, start + piece));
      logits.set(await scoreTokens(runner, sequence, read), start * runner.vocabulary);
      start += read.length;
    }
    return logits;
  } finally {
    sequence.state.destroy();
  }
}
