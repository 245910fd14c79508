import { ContextFullError, DisposedError } from '../../engine/errors/generate-errors.ts';
import type { GenerateEvent } from '../../engine/schedule/generate-event.ts';
import type { GenerateOptions } from '../../engine/schedule/generate-options.ts';
import type { Runner } from '../../engine/schedule/runner.ts';
import type { GpuMemory, Model, Prompt, Session } from '../model.ts';
import type { ModelText } from '../text/load-text.ts';
import { Conversation } from './conversation.ts';

/** What a checkpoint became. */
export interface LoadedParts {
  readonly runner: Runner;
  readonly text: ModelText;
  readonly name: string;
  readonly modelType: string;
  readonly parameters: number;
  readonly generationConfig: Readonly<Record<string, unknown>> | undefined;
  readonly stopTokens: ReadonlySet<number>;
}

export class LoadedModel implements Model {
  readonly #parts: LoadedParts;
  readonly #sessions = new Set<Conversation>();
  #disposed = false;

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
    if (this.#disposed) throw new DisposedError('model');
    const session = new Conversation(this.#parts, () => this.#sessions.delete(session));
    this.#sessions.add(session);
    return session;
  }

  async logits(tokens: readonly number[], { signal }: { readonly signal?: AbortSignal } = {}): Promise<Float32Array<ArrayBuffer>> {
    if (this.#disposed) throw new DisposedError('model');
    const { runner } = this.#parts;
    const { context, chunk } = runner.options;
    if (tokens.length > context) throw new ContextFullError(tokens.length, context, context);
    const sequence = await runner.createSequence();
    try {
      const logits = new Float32Array(tokens.length * runner.vocabulary);
      for (let start = 0; start < tokens.length; start += chunk) {
        signal?.throwIfAborted();
        logits.set(await runner.score(sequence, Uint32Array.from(tokens.slice(start, start + chunk))), start * runner.vocabulary);
      }
      return logits;
    } finally {
      sequence.state.destroy();
    }
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const session of this.#sessions) session.dispose();
    this.#parts.runner.destroy();
  }
}
