import { ContextFullError, DisposedError } from '../../engine/errors/generate-errors.ts';
import { InvalidOptionError } from '../../engine/errors/invalid-option-error.ts';
import type { GenerateEvent } from '../../engine/schedule/generate-event.ts';
import type { GenerateOptions } from '../../engine/schedule/generate-options.ts';
import type { GpuMemory, Model, Prompt, Session } from '../model.ts';
import { checkTokens } from './check-tokens.ts';
import { Conversation } from './conversation.ts';
import type { LoadedParts } from './loaded-parts.ts';

export class LoadedModel implements Model {
  readonly #parts: LoadedParts;
  readonly #sessions = new Set<Conversation>();
  /** Aborted by `dispose`, with the error that later calls throw. */
  readonly #disposal = new AbortController();

  constructor(parts: LoadedParts) {
    this.#parts = parts;
  }

  get name(): string {
    return this.#parts.name;
  }

  get modelType(): string {
    return this.#parts.modelType;
  }

  get parameters(): number {
    return this.#parts.parameters;
  }

  get contextLength(): number {
    return this.#parts.runner.options.context;
  }

  get vocabularySize(): number {
    return this.#parts.runner.vocabulary;
  }

  get hasChatTemplate(): boolean {
    return this.#parts.text.template !== undefined;
  }

  get memory(): GpuMemory {
    const { buffers } = this.#parts.runner.gpu;
    const [weights, state, activations] = [buffers.bytes('weights'), buffers.bytes('state'), buffers.bytes('activations')];
    return { weights, state, activations, total: weights + state + activations };
  }

  async *generate(prompt: Prompt, options: GenerateOptions = {}): AsyncGenerator<GenerateEvent, void, undefined> {
    const session = this.createSession();
    try {
      yield* session.generate(prompt, options);
    } finally {
      session.dispose();
    }
  }

  createSession(): Session {
    this.#disposal.signal.throwIfAborted();
    const session = new Conversation(this.#parts, { createSession: () => this.createSession(), forget: (disposed) => this.#sessions.delete(disposed) });
    this.#sessions.add(session);
    return session;
  }

  async logits(tokens: readonly number[], { signal }: { readonly signal?: AbortSignal } = {}): Promise<Float32Array<ArrayBuffer>> {
    const disposed = this.#disposal.signal;
    disposed.throwIfAborted();
    signal?.throwIfAborted();
    const { runner } = this.#parts;
    const ids = checkTokens('tokens', tokens, runner.vocabulary);
    const { context } = runner.options;
    if (ids.length === 0) throw new InvalidOptionError('tokens', 'empty', 'at least one token id');
    if (ids.length > context) throw new ContextFullError(ids.length, context, context);
    try {
      return await this.#score(ids, signal ? AbortSignal.any([disposed, signal]) : disposed);
    } catch (error) {
      disposed.throwIfAborted();
      throw await runner.gpu.explain(error);
    }
  }

  /** In a sequence of its own, chunk by chunk. */
  async #score(tokens: readonly number[], signal: AbortSignal): Promise<Float32Array<ArrayBuffer>> {
    const { runner } = this.#parts;
    const { chunk } = runner.options;
    runner.gpu.check();
    const sequence = await runner.createSequence();
    try {
      const logits = new Float32Array(tokens.length * runner.vocabulary);
      for (let start = 0; start < tokens.length; start += chunk) {
        signal.throwIfAborted();
        logits.set(await runner.score(sequence, Uint32Array.from(tokens.slice(start, start + chunk))), start * runner.vocabulary);
      }
      signal.throwIfAborted();
      return logits;
    } finally {
      sequence.state.destroy();
    }
  }

  dispose(): void {
    if (this.#disposal.signal.aborted) return;
    this.#disposal.abort(new DisposedError('model'));
    for (const session of this.#sessions) session.dispose('model');
    this.#parts.runner.destroy();
  }
}
