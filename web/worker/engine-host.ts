import type { LoadOptions, ModelSource } from '../../models/load/load-options.ts';
import type { Model, Session } from '../../models/model.ts';
import { EventBatcher } from './event-batcher.ts';
import type { Reply, Request } from './protocol.ts';
import { toWire } from './wire-error.ts';

export type LoadModel = (source: ModelSource, options: LoadOptions) => Promise<Model>;

type Work = Exclude<Request, { type: 'cancel' }>;

/**
 * The worker's side of the protocol: one model, one conversation, one piece of work at a time. A new load or a reset
 * cancels what is under way; GPU memory is scarce, so the old model goes before the new one comes.
 */
export class EngineHost {
  readonly #loadModel: LoadModel;
  readonly #post: (reply: Reply) => void;
  readonly #running = new Map<number, AbortController>();
  #queue: Promise<void> = Promise.resolve();
  #model: Model | undefined;
  #session: Session | undefined;

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
    if (request.type === 'load' || request.type === 'reset') for (const other of this.#running.values()) other.abort();
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
      case 'reset':
        this.#session?.reset();
        return this.#post({ type: 'done', id: request.id });
      default:
        return request satisfies never;
    }
  }

  async #load({ id, source, options }: Extract<Request, { type: 'load' }>, signal: AbortSignal): Promise<void> {
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

  async #generate({ id, prompt, options }: Extract<Request, { type: 'generate' }>, signal: AbortSignal): Promise<void> {
    if (!this.#session) throw new Error('No model is loaded.');
    // A story is sent as a whole each time, so what the session holds of it would be read twice.
    if (typeof prompt === 'string') this.#session.reset();
    const batcher = new EventBatcher((events) => this.#post({ type: 'events', id, events }));
    try {
      for await (const event of this.#session.generate(prompt, { ...options, signal })) batcher.push(event);
    } finally {
      batcher.flush();
    }
    this.#post({ type: 'done', id });
  }

  #memory(id: number): void {
    const memory = this.#model?.memory ?? { weights: 0, state: 0, activations: 0, total: 0 };
    // Spread: the engine may hand out getters, which do not survive cloning.
    this.#post({ type: 'memory', id, memory: { weights: memory.weights, state: memory.state, activations: memory.activations, total: memory.total } });
  }
}
