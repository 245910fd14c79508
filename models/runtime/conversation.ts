import { DisposedError, SessionBusyError } from '../../engine/errors/generate-errors.ts';
import { InvalidOptionError } from '../../engine/errors/invalid-option-error.ts';
import { resolveSampling } from '../../engine/sampling/resolve-sampling.ts';
import type { FinishReason, GenerateEvent } from '../../engine/schedule/generate-event.ts';
import type { GenerateOptions } from '../../engine/schedule/generate-options.ts';
import { generateTokens } from '../../engine/schedule/generate-tokens.ts';
import { Sampler } from '../../engine/schedule/sampler.ts';
import type { Sequence } from '../../engine/schedule/sequence.ts';
import { StopMatcher } from '../../engine/text/stop-matcher.ts';
import type { Prompt, Session } from '../model.ts';
import { Detokenizer } from '../text/detokenizer.ts';
import type { LoadedParts } from './loaded-model.ts';
import { planPrompt } from './plan-prompt.ts';
import { Stopwatch } from './stopwatch.ts';

/** One conversation: a sequence on the GPU and the text that it stands for. */
export class Conversation implements Session {
  readonly #parts: LoadedParts;
  readonly #onDispose: () => void;
  #sequence: Sequence | undefined;
  /** All text so far, special tokens spelt out, where it is known. */
  #transcript = '';
  #disposed = false;

  constructor(parts: LoadedParts, onDispose: () => void) {
    this.#parts = parts;
    this.#onDispose = onDispose;
  }

  get length(): number {
    return this.#sequence?.tokens.length ?? 0;
  }

  async *generate(prompt: Prompt, options: GenerateOptions = {}): AsyncGenerator<GenerateEvent, void, undefined> {
    const watch = new Stopwatch();
    if (this.#disposed) throw new DisposedError('session');
    const { runner, text, generationConfig } = this.#parts;
    const stops = stopStrings(options.stop);
    const maxTokens = maxTokensOf(options.maxTokens);
    const plan = resolveSampling(options, generationConfig);
    options.signal?.throwIfAborted();
    const sequence = (this.#sequence ??= await runner.createSequence());
    if (sequence.busy) throw new SessionBusyError();
    sequence.busy = true;
    let sampler: Sampler | undefined;
    try {
      const next = planPrompt(prompt, { sequence, transcript: this.#transcript, text, context: runner.options.context });
      if (next.keep < sequence.position) runner.cut(sequence, next.keep);
      sequence.tokens.splice(0, Infinity, ...next.tokens);
      this.#transcript = next.transcript;
      const usage = { promptTokens: next.tokens.length, cachedTokens: sequence.position };
      yield { type: 'text-start', ...usage };

      sampler = await Sampler.create(runner, plan, sequence);
      const detokenizer = text.tokenizer && new Detokenizer(text.tokenizer, { position: next.tokens.every((id) => text.tokenizer?.isSpecial(id)) ? 'start' : 'middle' });
      const verbatim = text.tokenizer && new Detokenizer(text.tokenizer, { skipSpecialTokens: false, position: 'middle' });
      const matcher = new StopMatcher(stops);
      const stopTokens = options.stopTokens ? new Set(options.stopTokens) : this.#parts.stopTokens;
      let finishReason: FinishReason = 'length';
      let unseen: number[] = [];
      const tokens = generateTokens(runner, sequence, sampler, { maxTokens, stopTokens, signal: options.signal });
      for await (const id of tokens) {
        watch.token();
        this.#transcript += verbatim?.push(id) ?? '';
        unseen.push(id);
        if (stopTokens.has(id)) {
          finishReason = 'stop-token';
          break;
        }
        const match = matcher.push(detokenizer?.push(id) ?? '');
        if (match.text || !detokenizer) {
          yield { type: 'text-delta', text: match.text, tokenIds: unseen };
          unseen = [];
        }
        if (match.stopped) {
          finishReason = 'stop-string';
          break;
        }
      }
      if (finishReason !== 'stop-string') {
        const rest = matcher.push(detokenizer?.flush() ?? '').text + matcher.flush();
        if (rest || unseen.length) yield { type: 'text-delta', text: rest, tokenIds: unseen };
        if (matcher.stopped) finishReason = 'stop-string';
      }
      yield { type: 'text-end', finishReason, usage: { ...usage, ...watch.usage() } };
    } catch (error) {
      if (this.#disposed) throw new DisposedError('session');
      throw await runner.gpu.explain(error);
    } finally {
      sampler?.destroy();
      sequence.busy = false;
      if (this.#disposed) sequence.state.destroy();
    }
  }

  reset(): void {
    if (this.#disposed) throw new DisposedError('session');
    if (!this.#sequence) return;
    if (this.#sequence.busy) throw new SessionBusyError();
    this.#parts.runner.cut(this.#sequence, 0);
    this.#sequence.tokens.length = 0;
    this.#transcript = '';
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#onDispose();
    // A running generation still holds the buffers; it frees them when it notices.
    if (this.#sequence && !this.#sequence.busy) this.#sequence.state.destroy();
  }
}

function stopStrings(stop: GenerateOptions['stop'] = []): readonly string[] {
  const stops = typeof stop === 'string' ? [stop] : stop;
  if (!Array.isArray(stops) || stops.some((text) => typeof text !== 'string' || text === '')) throw new InvalidOptionError('stop', stop, 'a non-empty string or a list of them');
  return stops;
}

function maxTokensOf(value = Infinity): number {
  if (value !== Infinity && (!Number.isSafeInteger(value) || value < 1)) throw new InvalidOptionError('maxTokens', value, 'a positive whole number');
  return value;
}
