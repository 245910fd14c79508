import { DisposedError, SessionBusyError } from '../../engine/errors/generate-errors.ts';
import { GpuValidationError } from '../../engine/errors/gpu-errors.ts';
import type { FinishReason, GenerateEvent } from '../../engine/schedule/generate-event.ts';
import type { GenerateOptions } from '../../engine/schedule/generate-options.ts';
import { generateTokens } from '../../engine/schedule/generate-tokens.ts';
import { Sampler } from '../../engine/schedule/sampler.ts';
import type { Sequence } from '../../engine/schedule/sequence.ts';
import type { Prompt, Session } from '../model.ts';
import { AnswerText } from './answer-text.ts';
import { resolveGeneration, type GenerationSettings } from './generation-settings.ts';
import type { LoadedParts } from './loaded-parts.ts';
import { planPrompt } from './plan-prompt.ts';
import { Stopwatch } from './stopwatch.ts';

/** One conversation: a sequence on the GPU and the text that it stands for. */
export class Conversation implements Session {
  readonly #parts: LoadedParts;
  readonly #onDispose: () => void;
  /** Aborted by `dispose`, with the error that a running generation throws. */
  readonly #disposal = new AbortController();
  /** Made by the first generation. */
  #sequence: Sequence | undefined;
  /** The running generation's. */
  #sampler: Sampler | undefined;
  /** All text so far, special tokens spelt out; undefined once raw text or token ids came in, which no template has rendered. */
  #transcript: string | undefined = '';
  #busy = false;

  constructor(parts: LoadedParts, onDispose: () => void) {
    this.#parts = parts;
    this.#onDispose = onDispose;
  }

  get length(): number {
    return this.#sequence?.tokens.length ?? 0;
  }

  async *generate(prompt: Prompt, options: GenerateOptions = {}): AsyncGenerator<GenerateEvent, void, undefined> {
    const watch = new Stopwatch();
    const disposed = this.#disposal.signal;
    disposed.throwIfAborted();
    const settings = resolveGeneration(options, this.#parts);
    options.signal?.throwIfAborted();
    if (this.#busy) throw new SessionBusyError();
    this.#busy = true;
    try {
      yield* this.#generate(prompt, settings, options.signal ? AbortSignal.any([disposed, options.signal]) : disposed, watch);
    } catch (error) {
      disposed.throwIfAborted();
      const explained = await this.#parts.runner.gpu.explain(error);
      disposed.throwIfAborted();
      // A step that was refused has not written its state: all is to be read again.
      if (explained instanceof GpuValidationError && this.#sequence) this.#parts.runner.cut(this.#sequence, 0);
      throw explained;
    } finally {
      this.#sampler?.destroy();
      this.#sampler = undefined;
      this.#busy = false;
    }
  }

  async *#generate(prompt: Prompt, { sampling, maxTokens, stopStrings, stopTokens }: GenerationSettings, signal: AbortSignal, watch: Stopwatch): AsyncGenerator<GenerateEvent, void, undefined> {
    const { runner, text } = this.#parts;
    runner.gpu.check();
    const sequence = (this.#sequence ??= await this.#createSequence());
    signal.throwIfAborted();
    const next = planPrompt(prompt, { sequence, transcript: this.#transcript, text, context: runner.options.context, vocabulary: runner.vocabulary });
    if (next.keep < sequence.position) runner.cut(sequence, next.keep);
    sequence.tokens = [...next.tokens];
    this.#transcript = next.transcript;
    const usage = { promptTokens: next.tokens.length, cachedTokens: sequence.position };
    yield { type: 'text-start', ...usage };

    signal.throwIfAborted();
    this.#sampler = await Sampler.create(runner, sampling, sequence);
    const { tokenizer } = text;
    const answer = tokenizer && new AnswerText(tokenizer, { stopStrings, position: next.tokens.every((id) => tokenizer.isSpecial(id)) ? 'start' : 'middle' });
    let finishReason: FinishReason = 'length';
    let unseen: number[] = [];
    try {
      for await (const id of generateTokens(runner, sequence, this.#sampler, { maxTokens, stopTokens, signal })) {
        watch.token();
        unseen.push(id);
        this.#remember(answer?.remember(id));
        if (stopTokens.has(id)) {
          finishReason = 'stop-token';
          break;
        }
        const shown = answer?.push(id) ?? { text: '', stopped: false };
        if (shown.stopped) finishReason = 'stop-string';
        if (shown.text || shown.stopped || !answer) {
          yield { type: 'text-delta', text: shown.text, tokenIds: unseen };
          unseen = [];
        }
        if (shown.stopped) break;
      }
    } finally {
      this.#remember(answer?.rememberRest());
    }
    const rest = answer?.flush() ?? { text: '', stopped: false };
    if (rest.stopped) finishReason = 'stop-string';
    if (rest.text || unseen.length > 0) yield { type: 'text-delta', text: rest.text, tokenIds: unseen };
    yield { type: 'text-end', finishReason, usage: { ...usage, ...watch.usage() } };
  }

  #remember(text: string | undefined): void {
    if (this.#transcript !== undefined && text !== undefined) this.#transcript += text;
  }

  async #createSequence(): Promise<Sequence> {
    const sequence = await this.#parts.runner.createSequence();
    if (this.#disposal.signal.aborted) sequence.state.destroy();
    this.#disposal.signal.throwIfAborted();
    return sequence;
  }

  reset(): void {
    this.#disposal.signal.throwIfAborted();
    if (this.#busy) throw new SessionBusyError();
    this.#transcript = '';
    if (!this.#sequence) return;
    this.#parts.runner.cut(this.#sequence, 0);
    this.#sequence.tokens = [];
  }

  /** `what` is disposed of: this session, or with it the whole model. A running generation ends with `DisposedError`. */
  dispose(what: 'session' | 'model' = 'session'): void {
    if (this.#disposal.signal.aborted) return;
    this.#disposal.abort(new DisposedError(what));
    this.#onDispose();
    // What was submitted keeps its buffers until it is done, and an aborted generation submits nothing more.
    this.#sampler?.destroy();
    this.#sequence?.state.destroy();
  }
}
