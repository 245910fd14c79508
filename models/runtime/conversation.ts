import { DisposedError, SessionBusyError } from '../../engine/errors/generate-errors.ts';
import { GpuValidationError } from '../../engine/errors/gpu-errors.ts';
import { importModule } from '../../engine/modules/import-module.ts';
import type { FinishReason, GenerateEvent } from '../../engine/schedule/generate-event.ts';
import type { GenerateOptions } from '../../engine/schedule/generate-options.ts';
import { generateTokens } from '../../engine/schedule/generate-tokens.ts';
import { Sampler } from '../../engine/schedule/sampler.ts';
import type { Sequence } from '../../engine/schedule/sequence.ts';
import type { Prompt, Session, SessionMemory, Snapshot } from '../model.ts';
import type * as SessionState from '../state/session-state.ts';
import { AnswerText } from './answer-text.ts';
import type { ConversationMemory, HeldConversation } from './conversation-memory.ts';
import { resolveGeneration, type GenerationSettings } from './generation-settings.ts';
import type { LoadedParts } from './loaded-parts.ts';
import { planPrompt } from './plan-prompt.ts';
import { Stopwatch } from './stopwatch.ts';

/** The model, as a conversation sees it. */
export interface ConversationOwner {
  createSession(): Session;
  /** The conversation was disposed of. */
  forget(conversation: Conversation): void;
}

/** One conversation: a sequence on the GPU and the text that it stands for. */
export class Conversation implements Session {
  readonly #parts: LoadedParts;
  readonly #owner: ConversationOwner;
  /** Aborted by `dispose`, with the error that a running generation throws. */
  readonly #disposal = new AbortController();
  readonly #memory: ConversationMemory = { sequence: undefined, transcript: '' };
  /** The running generation's. */
  #sampler: Sampler | undefined;
  #busy = false;
  /** The generation waits where its prompt is read: the state may be looked at. */
  #atPrompt = false;

  constructor(parts: LoadedParts, owner: ConversationOwner) {
    this.#parts = parts;
    this.#owner = owner;
  }

  get length(): number {
    return this.#memory.sequence?.tokens.length ?? 0;
  }

  get memory(): SessionMemory {
    return this.#memory.sequence?.state.memory ?? { fixed: 0, growing: 0, allocated: 0 };
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
      const explained = await this.#explain(error);
      // A step that was refused has not written its state: all is to be read again.
      if (explained instanceof GpuValidationError && this.#memory.sequence) this.#parts.runner.cut(this.#memory.sequence, 0);
      throw explained;
    } finally {
      this.#sampler?.destroy();
      this.#sampler = undefined;
      this.#busy = false;
    }
  }

  async *#generate(prompt: Prompt, { sampling, maxTokens, stopStrings, stopTokens, onPromptRead }: GenerationSettings, signal: AbortSignal, watch: Stopwatch): AsyncGenerator<GenerateEvent, void, undefined> {
    const { runner, text } = this.#parts;
    runner.gpu.check();
    const sequence = (this.#memory.sequence ??= await this.#createSequence());
    signal.throwIfAborted();
    const next = planPrompt(prompt, { sequence, transcript: this.#memory.transcript, text, context: runner.options.context, vocabulary: runner.vocabulary });
    if (!(await this.#parts.prefixes?.start(sequence, next, signal))) {
      await sequence.state.keeper?.makeRoom(next.keep);
      signal.throwIfAborted();
      if (next.keep < sequence.position) runner.cut(sequence, next.keep);
    }
    sequence.tokens = [...next.tokens];
    this.#memory.transcript = next.transcript;
    const usage = { promptTokens: next.tokens.length, cachedTokens: sequence.position };
    yield { type: 'text-start', ...usage };

    signal.throwIfAborted();
    this.#sampler = await Sampler.create(runner, sampling, sequence);
    const { tokenizer } = text;
    const answer = tokenizer && new AnswerText(tokenizer, { stopStrings, position: next.tokens.every((id) => tokenizer.isSpecial(id)) ? 'start' : 'middle' });
    let finishReason: FinishReason = 'length';
    let unseen: number[] = [];
    try {
      for await (const id of generateTokens(runner, sequence, this.#sampler, { maxTokens, stopTokens, signal, onPromptRead: onPromptRead && (() => this.#wait(onPromptRead)) })) {
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

  async #wait(onPromptRead: () => Promise<void>): Promise<void> {
    this.#atPrompt = true;
    try {
      await onPromptRead();
    } finally {
      this.#atPrompt = false;
    }
  }

  #remember(text: string | undefined): void {
    if (this.#memory.transcript !== undefined && text !== undefined) this.#memory.transcript += text;
  }

  /** The error to throw instead: that of the disposal, or what the GPU reported. */
  async #explain(error: unknown): Promise<unknown> {
    const disposed = this.#disposal.signal;
    if (disposed.aborted) return disposed.reason;
    const explained = await this.#parts.runner.gpu.explain(error);
    return disposed.aborted ? disposed.reason : explained;
  }

  async #createSequence(): Promise<Sequence> {
    const sequence = await this.#parts.runner.createSequence();
    if (this.#disposal.signal.aborted) sequence.state.destroy();
    this.#disposal.signal.throwIfAborted();
    return sequence;
  }

  snapshot(): Promise<Snapshot> {
    return this.#hold(({ takeSnapshot }, held) => takeSnapshot(held), this.#atPrompt);
  }

  restore(snapshot: Snapshot): Promise<void> {
    return this.#hold(({ restoreSnapshot }, held) => restoreSnapshot(held, snapshot));
  }

  save({ signal }: { readonly signal?: AbortSignal } = {}): Promise<Uint8Array<ArrayBuffer>> {
    return this.#hold(({ saveSession }, held) => saveSession(held, signal));
  }

  load(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    return this.#hold(({ loadSession }, held) => loadSession(held, bytes));
  }

  fork(): Promise<Session> {
    return this.#hold(({ forkSession }, held) => forkSession(held, () => this.#owner.createSession()));
  }

  /** Does something with the state while nothing else does, but for a generation that waits for it. */
  async #hold<T>(work: (state: typeof SessionState, held: HeldConversation) => Promise<T>, awaited = false): Promise<T> {
    const { signal } = this.#disposal;
    signal.throwIfAborted();
    if (this.#busy && !awaited) throw new SessionBusyError();
    this.#busy = true;
    try {
      const state = await importModule(() => import('../state/session-state.ts'));
      signal.throwIfAborted();
      this.#parts.runner.gpu.check();
      return await work(state, { parts: this.#parts, memory: this.#memory, signal, createSequence: () => this.#createSequence() });
    } catch (error) {
      throw await this.#explain(error);
    } finally {
      this.#busy = awaited;
    }
  }

  reset(): void {
    this.#disposal.signal.throwIfAborted();
    if (this.#busy) throw new SessionBusyError();
    this.#memory.transcript = '';
    const { sequence } = this.#memory;
    if (!sequence) return;
    this.#parts.runner.cut(sequence, 0);
    sequence.tokens = [];
  }

  /** `what` is disposed of: this session, or with it the whole model. A running generation ends with `DisposedError`. */
  dispose(what: 'session' | 'model' = 'session'): void {
    if (this.#disposal.signal.aborted) return;
    this.#disposal.abort(new DisposedError(what));
    this.#owner.forget(this);
    // What was submitted keeps its buffers until it is done, and an aborted generation submits nothing more.
    this.#sampler?.destroy();
    this.#memory.sequence?.state.destroy();
  }
}
