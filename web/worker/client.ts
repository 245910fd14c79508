import { ModuleLoadError } from '../../engine/errors/module-load-error.ts';
import type { GenerateEvent } from '../../engine/schedule/generate-event.ts';
import type { LoadProgress, ModelSource } from '../../models/load/load-options.ts';
import type { Prompt } from '../../models/model.ts';
import type { BootFailure, ModelInfo, Reply, Request, Turn, WireGenerateOptions, WireLoadOptions } from './protocol.ts';
import { EngineError, fromWire } from './wire-error.ts';

interface Pending {
  readonly onReply: (reply: Reply) => void;
  readonly onFailure: (error: Error) => void;
}

/**
 * The page's side of the engine: everything runs in a worker, which is started at the first request, and again after a
 * crash or where one of its scripts did not come. Every method fails with the worker's error (`EngineError` with its `code`),
 * with `ModuleLoadError` or with `AbortError`.
 */
export class EngineClient {
  readonly #createWorker: () => Worker;
  readonly #pending = new Map<number, Pending>();
  /** Running generations; each value ends its own at once. */
  readonly #generations = new Map<number, () => void>();
  #worker: Worker | undefined;
  /** Whether the worker has said anything yet. */
  #booted = false;
  /** Ends when the worker is done with the last generation, stopped or not. */
  #idle: Promise<unknown> = Promise.resolve();
  #nextId = 1;

  constructor(createWorker: () => Worker) {
    this.#createWorker = createWorker;
  }

  /** Frees the model that is loaded, then loads another. */
  async load(source: ModelSource, options: WireLoadOptions, onProgress?: (progress: LoadProgress) => void, signal?: AbortSignal): Promise<ModelInfo> {
    const reply = await this.#call((id) => ({ type: 'load', id, source, options }), (message) => {
      if (message.type === 'progress') onProgress?.(message.progress);
    }, signal);
    if (reply.type !== 'loaded') throw unexpected(reply);
    return reply.model;
  }

  /** Streams a continuation. Leaving the loop early stops the generation; `onLate` is given the text that was on its way then. */
  async *generate(prompt: Prompt, options: WireGenerateOptions = {}, turn?: Turn, onLate?: (text: string) => void): AsyncGenerator<GenerateEvent, void, undefined> {
    const arrived: GenerateEvent[] = [];
    let wake = (): void => {};
    let ended = false;
    let failure: unknown;
    let stopped = false;
    let left = false;
    const id = this.#nextId;
    this.#generations.set(id, () => { stopped = true; wake(); });
    this.#idle = this.#call((own) => ({ type: 'generate', id: own, prompt, options, ...(turn && { turn }) }), (message) => {
      if (message.type === 'events') arrived.push(...message.events);
      wake();
    }).catch((error: unknown) => { failure = error; }).finally(() => {
      ended = true;
      wake();
      if (left) for (const event of arrived) if (event.type === 'text-delta') onLate?.(event.text);
    });
    try {
      for (;;) {
        if (stopped) throw new DOMException('The generation was stopped.', 'AbortError');
        const event = arrived.shift();
        if (event) yield event;
        else if (ended) break;
        else await new Promise<void>((resolve) => { wake = resolve; });
      }
      if (failure !== undefined) throw failure;
    } finally {
      this.#generations.delete(id);
      left = true;
      if (!ended) this.#cancel(id);
    }
  }

  /** Ends when the worker is done with the last generation: after a stop, that is a moment later. */
  async idle(): Promise<void> {
    await this.#idle;
  }

  /**
   * Stops what is being generated: the iterable fails with `AbortError` at once. Text that was on its way from the worker is
   * not part of it, since a quick model writes many words in the time that a message takes.
   */
  stop(): void {
    for (const end of this.#generations.values()) end();
  }

  /** Forgets every place in the conversation that could be gone back to. */
  async forget(): Promise<void> {
    await this.#call((id) => ({ type: 'forget', id }));
  }

  /** GPU memory of the model, and of the conversation's state. */
  async memory(): Promise<Pick<Extract<Reply, { type: 'memory' }>, 'memory' | 'session'>> {
    const reply = await this.#call((id) => ({ type: 'memory', id }));
    if (reply.type !== 'memory') throw unexpected(reply);
    return reply;
  }

  /** Ends the worker and with it everything on the GPU. The client can be used again. */
  dispose(): void {
    this.#end(new DOMException('The engine was shut down.', 'AbortError'));
  }

  #call(build: (id: number) => Request, onReply: (reply: Reply) => void = () => {}, signal?: AbortSignal): Promise<Reply> {
    const id = this.#nextId++;
    return new Promise<Reply>((resolve, reject) => {
      signal?.throwIfAborted();
      const cancel = (): void => this.#cancel(id);
      const settle = (): void => {
        this.#pending.delete(id);
        signal?.removeEventListener('abort', cancel);
      };
      this.#pending.set(id, {
        onReply: (reply) => {
          if (reply.type === 'progress' || reply.type === 'events') return onReply(reply);
          settle();
          if (reply.type !== 'failed') return resolve(reply);
          const error = fromWire(reply.error);
          reject(error);
          // A worker may remember for the rest of its life that a script did not come; the next one tries anew.
          if (reply.error.code === ('module-load' satisfies ModuleLoadError['code'])) this.#end(error);
        },
        onFailure: (error) => {
          settle();
          reject(error);
        },
      });
      signal?.addEventListener('abort', cancel);
      try {
        this.#started().postMessage(build(id));
      } catch (error) {
        settle();
        throw error;
      }
    });
  }

  #cancel(id: number): void {
    this.#worker?.postMessage({ type: 'cancel', id } satisfies Request);
    if (this.#booted) return;
    // While the engine's script is on its way nobody answers. Ending the worker ends the download.
    this.#pending.get(id)?.onFailure(new DOMException('Stopped before the engine was there.', 'AbortError'));
    if (this.#pending.size === 0) this.dispose();
  }

  #started(): Worker {
    if (this.#worker) return this.#worker;
    const worker = this.#createWorker();
    worker.addEventListener('message', ({ data }: MessageEvent<Reply | BootFailure>) => {
      this.#booted = true;
      if (data.type === 'boot-failure') this.#end(new ModuleLoadError({ url: data.url }, data.message));
      else this.#pending.get(data.id)?.onReply(data);
    });
    worker.addEventListener('messageerror', () => this.#end(crash('A message from the engine could not be read.')));
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      this.#end(crash(event.message || 'The browser did not start the worker; a Content-Security-Policy may forbid `blob:` workers.'));
    });
    this.#worker = worker;
    return worker;
  }

  #end(error: Error): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#booted = false;
    for (const pending of [...this.#pending.values()]) pending.onFailure(error);
  }
}

function crash(reason: string): EngineError {
  return new EngineError({ name: 'WorkerCrashError', code: 'worker-crash', message: reason });
}

function unexpected(reply: Reply): Error {
  return new Error(`The worker answered with an unexpected "${reply.type}".`);
}
