import type { GenerateEvent } from '../engine/schedule/generate-event.ts';
import type { GenerateOptions } from '../engine/schedule/generate-options.ts';

/** One turn of a conversation, as chat templates expect it. */
export interface Message {
  readonly role: 'system' | 'user' | 'assistant' | (string & {});
  readonly content: string;
}

/** Raw text, a conversation that the checkpoint's chat template turns into text, or token ids as they are (each below `vocabularySize`). */
export type Prompt = string | readonly Message[] | { readonly tokens: readonly number[] };

/** Bytes of GPU buffers. */
export interface GpuMemory {
  readonly weights: number;
  /** KV caches and recurrent states of all live sessions. */
  readonly state: number;
  /** Intermediate results, and tables that were computed while loading. */
  readonly activations: number;
  readonly total: number;
}

/** One conversation with its own state on the GPU, which is allocated by the first generation. */
export interface Session {
  /** Tokens of the conversation: prompts and all that was generated, stop tokens and stop strings included. */
  readonly length: number;
  /**
   * Text and token ids are appended to what the session holds; an empty text goes on from where the last generation ended.
   * Messages are the whole conversation each time: as long as they continue the text that the session holds, only what is
   * new is read; where they differ (an edited turn, a template that leaves something out), everything from the first
   * different token on, or everything if the model has recurrent layers, whose state cannot be cut.
   *
   * Nothing happens before the first `next()`. Until `text-start` a failure leaves the session as it was:
   * `InvalidOptionError`, `SessionBusyError` while another generation of the session runs (until it ends, throws, or its
   * `return()` settles), `DisposedError`, `PromptError`, `ChatTemplateError`, `ContextFullError`, `GpuOutOfMemoryError`,
   * `DeviceLostError`. From `text-start` on the prompt belongs to the conversation.
   *
   * However the generation ends (a finish reason, `break` or `return()`, an aborted signal, which throws its reason), the
   * session holds exactly the prompt and the tokens generated so far, also those whose text was still held back, and can
   * go on from there. After an abort while the prompt was being read, the next generation reads the rest of it first.
   */
  generate(prompt: Prompt, options?: GenerateOptions): AsyncGenerator<GenerateEvent, void, undefined>;
  /** Forgets everything; the session can be used again. Throws `SessionBusyError` while it generates. */
  reset(): void;
  /** Frees the state at once. A running generation ends with `DisposedError`, as does any later call. */
  dispose(): void;
}

/** A checkpoint on the GPU, ready to generate. */
export interface Model {
  readonly name: string;
  /** `model_type` of the checkpoint's config. */
  readonly modelType: string;
  readonly parameters: number;
  /** Tokens that a session can read; the last one generated may be one more. */
  readonly contextLength: number;
  readonly vocabularySize: number;
  readonly hasChatTemplate: boolean;
  readonly memory: GpuMemory;
  /** One-off generation in a session of its own, which is disposed of afterwards. */
  generate(prompt: Prompt, options?: GenerateOptions): AsyncGenerator<GenerateEvent, void, undefined>;
  createSession(): Session;
  /**
   * Logits [tokens, vocabularySize] of each token's successor: for scoring texts. Throws `InvalidOptionError` for ids that
   * the vocabulary does not have or for none at all, `ContextFullError` for too many, the signal's reason between two chunks.
   */
  logits(tokens: readonly number[], options?: { readonly signal?: AbortSignal }): Promise<Float32Array<ArrayBuffer>>;
  /** Frees everything on the GPU, sessions included. What is running ends with `DisposedError`, as does any later call. */
  dispose(): void;
}
