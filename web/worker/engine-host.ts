import { ModuleLoadError } from '../../engine/errors/module-load-error.ts';
import { GpuOutOfMemoryError } from '../../engine/errors/gpu-errors.ts';
import type { LoadOptions, ModelSource } from '../../models/load/load-options.ts';
import type { Model, Session } from '../../models/model.ts';
import { EventBatcher } from './event-batcher.ts';
import { Places } from './places.ts';
import type { Reply, Request, Turn } from './protocol.ts';
import { isAbort, toWire } from './wire-error.ts';

export type LoadModel = (source: ModelSource, options: LoadOptions) => Promise<Model>;

type Work = Exclude<Request, { type: 'cancel' }>;

/**
 * The worker's side of the protocol: one model, one conversation with its branches, one piece of work at a time. A new load
 * cancels what is under way; GPU memory is scarce, so the old model goes before the new one comes.
 */
export class EngineHost {
  readonly #loadModel: LoadModel;
  readonly #post: (reply: Reply) => void;
  readonly #running = new Map<number, AbortController>();
  #queue: Promise<void> = Promise.resolve();
  #model: Model | undefined;
  #session: Session | undefined;
  readonly #places = new Places();
  /** The place that the session is at, kept or not. */
  #at: string | undefined;

  constructor(loadModel: LoadModel, post: (reply: Reply) => void) {
    this.#loadModel = loadModel;
    this.#post = post;
  }

  handle(request: Request): void {
    if (request.type === 'cancel') {
      this.#running.get(request.id)?.abort();
      return;
    }
    // Memory is asked for while a generation runs, so it does not queue.
    if (request.type === 'memory') return this.#memory(request.id);
    if (request.type === 'load') for (const other of this.#running.values()) other.abort();
    const controller = new AbortController();
    this.#running.set(request.id, controller);
    this.#queue = this.#queue.then(async () => {
      try {
        controller.signal.throwIfAborted();
        await this.#work(request, controller.signal);
      } catch (error) {
        this.#post({ type: 'failed', id: request.id, error: toWire(error) });
      } finally {
        this.#running.delete(request.id);
      }
    });
  }

  async #work(request: Exclude<Work, { type: 'memory' }>, signal: AbortSignal): Promise<void> {
    switch (request.type) {
      case 'load':
        return this.#load(request, signal);
      case 'generate':
        return this.#generate(request, signal);
      case 'forget':
        this.#forget();
        return this.#post({ type: 'done', id: request.id });
      default:
        return request satisfies never;
    }
  }

  async #load({ id, source, options }: Extract<Request, { type: 'load' }>, signal: AbortSignal): Promise<void> {
    this.#forget();
    this.#session?.dispose();
    this.#model?.dispose();
    this.#session = this.#model = undefined;
    const model = await this.#loadModel(source, { ...options, signal, onProgress: (progress) => this.#post({ type: 'progress', id, progress }) });
    if (signal.aborted) {
      model.dispose();
      signal.throwIfAborted();
    }
    this.#model = model;
    this.#session = model.createSession();
    const { name, modelType, parameters, contextLength, hasChatTemplate } = model;
    this.#post({ type: 'loaded', id, model: { name, modelType, parameters, contextLength, hasChatTemplate } });
  }

  async #generate({ id, prompt, options, turn }: Extract<Request, { type: 'generate' }>, signal: AbortSignal): Promise<void> {
    const session = this.#session;
    if (!session) throw new Error('No model is loaded.');
    const gone = turn !== undefined && (await this.#goTo(session, turn));
    // A story is sent as a whole each time: all of it is in the place that it goes on from, and nothing of it in another.
    if (typeof prompt === 'string' && !gone) session.reset();
    const known = gone ? session.length : 0;
    const batcher = new EventBatcher((events) => this.#post({ type: 'events', id, events }));
    try {
      for await (const event of session.generate(typeof prompt === 'string' && gone ? '' : prompt, { ...options, signal, ...(turn && { onPromptRead: () => this.#keepPrompt(session, turn, known) }) })) {
        if (event.type === 'text-start') this.#at = turn?.answer;
        batcher.push(event);
      }
    } catch (error) {
      if (!isAbort(error)) this.#at = undefined;
      throw error;
    } finally {
      batcher.flush();
    }
    this.#post({ type: 'done', id });
  }

  /** Brings the session to the first place of `from` that is left, and returns whether there is one. Where the session is now can be gone back to. */
  async #goTo(session: Session, { from, answer }: Turn): Promise<boolean> {
    if (this.#at !== undefined && this.#at !== answer && !this.#places.has(this.#at)) await this.#keep(session, this.#at);
    const name = from.find((place) => place === this.#at || this.#places.has(place));
    const kept = name === undefined || name === this.#at ? undefined : this.#places.get(name);
    this.#at = kept && !(await this.#could(session.restore(kept))) ? undefined : name;
    // A turn that writes on in an answer ends elsewhere.
    this.#places.forget(answer);
    return this.#at !== undefined;
  }

  /** Keeps the end of a prompt of which `known` tokens were read before. */
  async #keepPrompt(session: Session, { prompt }: Turn, known: number): Promise<void> {
    // Where nothing was added the place is kept already. Keys and values can be cut back to a prompt: for a first text alone, no script is fetched.
    if (session.length > known && (session.memory.fixed > 0 || !this.#places.empty)) await this.#keep(session, prompt);
  }

  async #keep(session: Session, name: string): Promise<void> {
    await this.#could(session.snapshot().then((snapshot) => this.#places.keep(name, snapshot)));
  }

  /** Going back is a convenience: where there is no memory for it, or its script does not come, the text goes on without. */
  async #could(work: Promise<void>): Promise<boolean> {
    try {
      await work;
      return true;
    } catch (error) {
      if (error instanceof GpuOutOfMemoryError) this.#places.forgetAll();
      else if (!(error instanceof ModuleLoadError)) throw error;
      return false;
    }
  }

  #forget(): void {
    this.#places.forgetAll();
    this.#at = undefined;
  }

  #memory(id: number): void {
    const memory = this.#model?.memory ?? { weights: 0, state: 0, activations: 0, total: 0 };
    // Spread: the engine may hand out getters, which do not survive cloning.
    this.#post({ type: 'memory', id, memory: { weights: memory.weights, state: memory.state, activations: memory.activations, total: memory.total }, session: this.#session?.memory });
  }
}
