import type { GenerateEvent } from '../../engine/schedule/generate-event.ts';
import type { GenerateOptions } from '../../engine/schedule/generate-options.ts';
import type { LoadOptions, LoadProgress, ModelSource } from '../../models/load/load-options.ts';
import type { GpuMemory, Model, Prompt, SessionMemory } from '../../models/model.ts';
import type { WireError } from './wire-error.ts';

/** What the page may know about a loaded model; the model itself stays in the worker. */
export type ModelInfo = Pick<Model, 'name' | 'modelType' | 'parameters' | 'contextLength' | 'hasChatTemplate'>;

/** Options without what cannot be posted: signals travel as `cancel`, progress as `progress`. */
export type WireLoadOptions = Omit<LoadOptions, 'signal' | 'onProgress'>;
export type WireGenerateOptions = Omit<GenerateOptions, 'signal' | 'onPromptRead'>;

/** Where in a conversation a text begins, and how the places are called that it comes by. */
export interface Turn {
  /** Places that the prompt goes on from, the most of it first: the engine takes the first that it still has. To one of these a text adds nothing. */
  readonly from: readonly string[];
  /** The place where the prompt is read, from which other answers begin. */
  readonly prompt: string;
  /** The place after the answer. */
  readonly answer: string;
}

/** Page to worker. `id` names the request; every request but `cancel` is answered by one of `Reply`'s last four, once. */
export type Request =
  | { readonly type: 'load'; readonly id: number; readonly source: ModelSource; readonly options: WireLoadOptions }
  | { readonly type: 'generate'; readonly id: number; readonly prompt: Prompt; readonly options: WireGenerateOptions; readonly turn?: Turn }
  /** Forgets every place in the conversation. */
  | { readonly type: 'forget'; readonly id: number }
  | { readonly type: 'memory'; readonly id: number }
  /** Ends the load or generation `id`, which then fails with `AbortError`. */
  | { readonly type: 'cancel'; readonly id: number };

/** Worker to page. */
export type Reply =
  | { readonly type: 'progress'; readonly id: number; readonly progress: LoadProgress }
  | { readonly type: 'events'; readonly id: number; readonly events: readonly GenerateEvent[] }
  | { readonly type: 'loaded'; readonly id: number; readonly model: ModelInfo }
  | { readonly type: 'memory'; readonly id: number; readonly memory: GpuMemory; readonly session: SessionMemory | undefined }
  | { readonly type: 'done'; readonly id: number }
  | { readonly type: 'failed'; readonly id: number; readonly error: WireError };

/** In place of any reply, where the engine's script did not come. */
export interface BootFailure {
  readonly type: 'boot-failure';
  readonly url: string;
  /** The browser's. */
  readonly message: string;
}
