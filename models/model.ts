import type { GenerateEvent } from '../engine/schedule/generate-event.ts';
import type { GenerateOptions } from '../engine/schedule/generate-options.ts';

/** One turn of a conversation, as chat templates expect it. */
export interface Message {
  readonly role: 'system' | 'user' | 'assistant' | (string & {});
  readonly content: string;
}

/** Raw text, a conversation that the checkpoint's chat template turns into text, or token ids as they are. */
export type Prompt = string | readonly Message[] | { readonly tokens: readonly number[] };

/** Bytes of GPU buffers. */
export interface GpuMemory {
  readonly weights: number;
  /** KV caches and recurrent states of all live sessions. */
  readonly state: number;
  readonly activations: number;
  readonly total: number;
}

/**
 * One conversation with its own state. `generate` with text appends to what the session holds; with messages it renders
 * the whole conversation and reads only what the state does not hold yet.
 */
export interface Session {
  /** Tokens in the state. */
  readonly length: number;
  generate(prompt: Prompt, options?: GenerateOptions): AsyncGenerator<GenerateEvent, void, undefined>;
  /** Forgets everything; the session can be used again. */
  reset(): void;
  dispose(): void;
}

/** A checkpoint on the GPU, ready to generate. */
export interface Model {
  readonly name: string;
  /** `model_type` of the checkpoint's config. */
  readonly modelType: string;
  readonly parameters: number;
  readonly contextLength: number;
  readonly vocabularySize: number;
  readonly hasChatTemplate: boolean;
  readonly memory: GpuMemory;
  /** One-off generation in a session of its own, which is disposed of afterwards. */
  generate(prompt: Prompt, options?: GenerateOptions): AsyncGenerator<GenerateEvent, void, undefined>;
  createSession(): Session;
  /** Logits [tokens, vocabularySize] of each token's successor: for scoring texts. Throws `ContextFullError` for too many. */
  logits(tokens: readonly number[], options?: { readonly signal?: AbortSignal }): Promise<Float32Array<ArrayBuffer>>;
  /** Frees everything on the GPU. Running generations end with an error; later calls throw. */
  dispose(): void;
}
