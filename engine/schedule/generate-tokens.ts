import { ContextFullError } from '../errors/generate-errors.ts';
import { abortable } from '../gpu/abortable.ts';
import { checkSampled } from '../sampling/check-sampled.ts';
import type { Runner } from './runner.ts';
import type { Sequence } from './sequence.ts';
import type { TokenSampler } from './token-sampler.ts';

/**
 * Steps submitted ahead of the token that is awaited. The wait then costs nothing, since the GPU always has work; the
 * state ring can take back one step more than this.
 */
const RUN_AHEAD = 2;

export interface TokenOptions {
  readonly maxTokens: number;
  readonly stopTokens: ReadonlySet<number>;
  readonly signal?: AbortSignal | undefined;
  /** As in `GenerateOptions`. */
  readonly onPromptRead?: (() => Promise<void>) | undefined;
}

interface ReadOptions extends Pick<TokenOptions, 'signal' | 'onPromptRead'> {
  readonly onRead?: (() => void) | undefined;
}

/** A submitted step whose token nobody has seen yet. */
interface InFlight {
  readonly token: Promise<number>;
  /** Tokens that the step read. */
  readonly read: number;
}

/**
 * Reads the pending tokens of a sequence and yields what the model says next, stop token included. The sequence's
 * tokens grow with each yield. However it ends, steps beyond the last yielded token are taken back, so that the sequence
 * goes on from there; ended during prefill, what the submitted chunks read stays read and the rest stays pending.
 *
 * Throws `ContextFullError` before anything is read, the signal's reason once it aborts, `InvalidLogitsError`, and what the GPU reports.
 */
export async function* generateTokens(runner: Runner, sequence: Sequence, sampler: TokenSampler, options: TokenOptions): AsyncGenerator<number, void, undefined> {
  const { context } = runner.options;
  const pending = sequence.tokens.length - sequence.position;
  if (sequence.tokens.length > context) throw new ContextFullError(pending, context - sequence.position, context);
  options.signal?.throwIfAborted();

  const decode = await runner.program('decode');
  const first = await readPending(runner, sequence, sampler, options);
  const inFlight = first ? [first] : [];
  let submitted = 1;
  try {
    for (let yielded = 0; inFlight.length > 0; ) {
      options.signal?.throwIfAborted();
      while (inFlight.length <= RUN_AHEAD && submitted < options.maxTokens && sequence.position < context) {
        const token = runner.submit(decode, sequence, 1, undefined, sampler);
        if (token) inFlight.push({ token, read: 1 });
        submitted++;
      }
      const token = await abortable(runner.gpu.wait(inFlight[0].token, inFlight.length > 1), options.signal);
      runner.gpu.check();
      inFlight.shift();
      sequence.tokens.push(checkSampled(token, sequence.tokens.length));
      yielded++;
      yield token;
      if (options.stopTokens.has(token) || yielded === options.maxTokens) return;
    }
  } finally {
    // Everything submitted after the step that gave the last yielded token has run ahead.
    const read = inFlight.reduce((sum, step) => sum + step.read, 0);
    if (inFlight.length > 0) sequence.state.rollBack(inFlight.length, read);
  }
}

/**
 * Reads all pending tokens in chunks, of which two are under way at most, so that a stop acts soon. With a sampler the last chunk
 * samples, and is not waited for; it is the last token alone where somebody wants to be told before it. `onRead` is called as chunks are submitted.
 */
export async function readPending(runner: Runner, sequence: Sequence, sampler: TokenSampler | undefined, { signal, onRead, onPromptRead }: ReadOptions): Promise<InFlight | undefined> {
  const { queue } = runner.gpu.device;
  let previous: Promise<undefined> | undefined;
  for (let left = sequence.tokens.length - sequence.position; left > 0; ) {
    const count = Math.min(onPromptRead && left > 1 ? left - 1 : left, runner.options.chunk);
    if (left === 1) await onPromptRead?.();
    const program = await runner.programFor(count);
    signal?.throwIfAborted();
    const tokens = Uint32Array.from(sequence.tokens.slice(sequence.position, sequence.position + count));
    const token = runner.submit(program, sequence, count, tokens, count === left ? sampler : undefined);
    if (token) return { token, read: count };
    if (previous) await abortable(runner.gpu.wait(previous), signal);
    previous = queue.onSubmittedWorkDone();
    // Nobody waits for the last one.
    previous.catch(() => undefined);
    runner.gpu.check();
    onRead?.();
    left -= count;
  }
  return undefined;
}
