import { DisposedError } from '../../engine/errors/generate-errors.ts';
import { importModule } from '../../engine/modules/import-module.ts';
import type { GenerateEvent } from '../../engine/schedule/generate-event.ts';
import type { GenerateOptions } from '../../engine/schedule/generate-options.ts';
import type { CachedPrefix, CachePrefixOptions, GpuMemory, Model, Prompt, Session } from '../model.ts';
import { Conversation } from './conversation.ts';
import type { LoadedParts } from './loaded-parts.ts';
import type { PrefixSource } from './prefix-source.ts';

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

  async cachePrefix(prompt: Prompt, options: CachePrefixOptions = {}): Promise<CachedPrefix> {
    return (await this.#prefixes()).add(prompt, options);
  }

  async listPrefixes(): Promise<readonly CachedPrefix[]> {
    return (await this.#prefixes()).list();
  }

  async clearPrefixes(): Promise<void> {
    return (await this.#prefixes()).clear();
  }

  async #prefixes(): Promise<PrefixSource> {
    const { signal } = this.#disposal;
    signal.throwIfAborted();
    const { PrefixCache } = await importModule(() => import('../prefix/prefix-cache.ts'));
    return (this.#parts.prefixes ??= new PrefixCache(this.#parts, signal));
  }

  async logits(tokens: readonly number[], { signal }: { readonly signal?: AbortSignal } = {}): Promise<Float32Array<ArrayBuffer>> {
    const disposed = this.#disposal.signal;
    disposed.throwIfAborted();
    signal?.throwIfAborted();
    const { runner } = this.#parts;
    const either = signal ? AbortSignal.any([disposed, signal]) : disposed;
    try {
      const { scoreText } = await importModule(() => import('./score-text.ts'));
      either.throwIfAborted();
      return await scoreText(runner, tokens, either);
    } catch (error) {
      disposed.throwIfAborted();
      throw await runner.gpu.explain(error);
    }
  }

  dispose(): void {
    if (this.#disposal.signal.aborted) return;
    this.#disposal.abort(new DisposedError('model'));
    for (const session of this.#sessions) session.dispose('model');
    this.#parts.runner.destroy();
  }
}
