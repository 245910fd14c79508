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

/** Bytes of a session's state on the GPU; all 0 before its first generation. */
export interface SessionMemory {
  /** Recurrent and convolution states: the same however long the text is. */
  readonly fixed: number;
  /** Keys and values of the tokens read so far; 0 in a model without attention. */
  readonly growing: number;
  /** What both take: keys and values have room for the whole context from the start. */
  readonly allocated: number;
}

/** A session's state as it was at one moment, kept on the GPU. Must be disposed of; goes with its model at the latest. */
export interface Snapshot {
  /** Tokens of the conversation, as in `Session`. */
  readonly length: number;
  /** GPU bytes that `dispose` would free now. Keys and values lie in the session's own cache until that overwrites them, and snapshots share what they have in common. */
  readonly bytes: number;
  dispose(): void;
}

/** One conversation with its own state on the GPU, which is allocated by the first generation. */
export interface Session {
  /** Tokens of the conversation: prompts and all that was generated, stop tokens and stop strings included. */
  readonly length: number;
  readonly memory: SessionMemory;
  /**
   * Text and token ids are appended to what the session holds; an empty text goes on from where the last generation ended.
   * Messages are the whole conversation each time: as long as they continue the text that the session holds, only what is
   * new is read; where they differ (an edited turn, a template that leaves something out), everything from the first
   * different token on, or everything if the model has recurrent layers, whose state cannot be cut. Where `cachePrefix` has more of
   * the beginning than the session can keep, the session starts from that.
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
  /**
   * The session as it is now: its tokens, its text and its state, which what the session does next does not change. Recurrent
   * states are copied, keys and values only when the session is about to overwrite them.
   *
   * Of sampling nothing is part of it, since nothing is kept between generations: which noise a token gets depends on the seed and on
   * its place in the text, and penalties count the tokens that are there. So the same call after `restore` gives the same text.
   *
   * Throws `SessionBusyError` while the session generates (a snapshot may be taken in `onPromptRead`), `DisposedError`, `GpuOutOfMemoryError`, `ModuleLoadError`; so do the next two.
   */
  snapshot(): Promise<Snapshot>;
  /**
   * Makes the session what the snapshot's was; nothing is read again. The snapshot stays, and may be of any session of the
   * same model. Throws `StateError` for one of another model; whatever it throws, the session is as it was.
   */
  restore(snapshot: Snapshot): Promise<void>;
  /** A second session that goes on from here. */
  fork(): Promise<Session>;
  /**
   * The session as bytes, to be loaded later or elsewhere: tokens, text, states, and the keys and values that are written. Bound to the
   * checkpoint and to how its weights, keys and values are stored, and with a checksum, which tells of damage but not of malice.
   * Throws as `snapshot` does, and the signal's reason.
   */
  save(options?: { readonly signal?: AbortSignal }): Promise<Uint8Array<ArrayBuffer>>;
  /** Makes the session what the saved one was, of this checkpoint in whatever page. Throws as `restore` does, with a `StateError` for bytes that do not fit. */
  load(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Forgets everything; the session can be used again. Throws `SessionBusyError` while it generates. */
  reset(): void;
  /** Frees the state at once. A running generation ends with `DisposedError`, as does any later call. */
  dispose(): void;
}

export interface CachePrefixOptions {
  /** Keep it in the browser's storage too, for later visits. Default: false. */
  readonly persist?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly readTokens: number; readonly totalTokens: number }) => void;
}

/** A text that was read once and that conversations can begin from. */
export interface CachedPrefix {
  /** What a conversation has to begin with. */
  readonly tokens: readonly number[];
  /** Bytes of its state. */
  readonly bytes: number;
  /** Whether it is in the browser's storage. */
  readonly persisted: boolean;
  delete(): Promise<void>;
}

/** A checkpoint on the GPU, ready to generate. */
export interface Model {
  readonly name: string;
  /** `model_type` of the checkpoint's config. */
  readonly modelType: string;
  readonly parameters: number;
  /** Tokens that a session can read; the last one generated may be one more. `Infinity` for a model without attention, unless it was loaded for fewer. */
  readonly contextLength: number;
  readonly vocabularySize: number;
  readonly hasChatTemplate: boolean;
  readonly memory: GpuMemory;
  /** One-off generation in a session of its own, which is disposed of afterwards. */
  generate(prompt: Prompt, options?: GenerateOptions): AsyncGenerator<GenerateEvent, void, undefined>;
  createSession(): Session;
  /**
   * Reads a system prompt or a long document once. From then on every session of the model whose tokens begin with it starts from
   * there, the longest first, and `usage.cachedTokens` tells. Messages are turns that conversations begin with; of a text, or a
   * template that lets turns run into each other, the last token may have to be read again.
   *
   * The least recently used go where `prefixCacheBytes` of the load options is exceeded. With `persist` the prefix is kept across visits:
   * the same call then finds it, and with it all that was stored for this checkpoint, as it was loaded, is there for conversations.
   *
   * Throws as `generate` does before its start, `StorageError` with `persist` (the prefix is cached nevertheless, for this visit), and
   * the signal's reason.
   */
  cachePrefix(prompt: Prompt, options?: CachePrefixOptions): Promise<CachedPrefix>;
  /** All that are cached or stored for this checkpoint as it was loaded, the least recently used first. Throws `StorageError`. */
  listPrefixes(): Promise<readonly CachedPrefix[]>;
  /** Deletes all of these. Throws `StorageError`. */
  clearPrefixes(): Promise<void>;
  /**
   * Logits [tokens, vocabularySize] of each token's successor: for scoring texts. Throws `InvalidOptionError` for ids that
   * the vocabulary does not have or for none at all, `ContextFullError` for too many, the signal's reason between two chunks.
   */
  logits(tokens: readonly number[], options?: { readonly signal?: AbortSignal }): Promise<Float32Array<ArrayBuffer>>;
  /** Frees everything on the GPU, sessions included. What is running ends with `DisposedError`, as does any later call. */
  dispose(): void;
}
