import { ContextFullError } from '../../engine/errors/generate-errors.ts';
import { InvalidOptionError } from '../../engine/errors/invalid-option-error.ts';
import type { Runner } from '../../engine/schedule/runner.ts';
import { scoreTokens } from '../../engine/schedule/score-tokens.ts';
import { checkTokens } from './check-tokens.ts';

/** `Model.logits`, in a sequence of its own, chunk by chunk. */
export async function scoreText(runner: Runner, tokens: readonly number[], signal: AbortSignal): Promise<Float32Array<ArrayBuffer>> {
  const ids = checkTokens('tokens', tokens, runner.vocabulary);
  const { context, chunk } = runner.options;
  if (ids.length === 0) throw new InvalidOptionError('tokens', 'empty', 'at least one token id');
  if (ids.length > context) throw new ContextFullError(ids.length, context, context);
  runner.gpu.check();
  const sequence = await runner.createSequence();
  try {
    const logits = new Float32Array(ids.length * runner.vocabulary);
    for (let start = 0; start < ids.length; start += chunk) {
      signal.throwIfAborted();
      logits.set(await scoreTokens(runner, sequence, Uint32Array.from(ids.slice(start, start + chunk))), start * runner.vocabulary);
    }
    signal.throwIfAborted();
    return logits;
  } finally {
    sequence.state.destroy();
  }
}
