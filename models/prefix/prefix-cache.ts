import { InvalidOptionError } from '../../engine/errors/invalid-option-error.ts';
import { readPending } from '../../engine/schedule/generate-tokens.ts';
import type { Sequence } from '../../engine/schedule/sequence.ts';
import { layoutOf } from '../../engine/snapshot/buffer-layout.ts';
import { StateSnapshot } from '../../engine/snapshot/state-snapshot.ts';
import { StateError } from '../errors/state-error.ts';
import { StorageError } from '../errors/storage-error.ts';
import { sha256 } from '../load/sha256.ts';
import type { CachedPrefix, CachePrefixOptions, Prompt } from '../model.ts';
import type { LoadedParts } from '../runtime/loaded-parts.ts';
import type { PrefixSource } from '../runtime/prefix-source.ts';
import { decodeSnapshot, encodeSnapshot } from '../state/saved-session.ts';
import { SessionSnapshot } from '../state/session-snapshot.ts';
import { partBytes } from '../state/state-file.ts';
import { PrefixStorage } from './prefix-storage.ts';
import { prefixTokens } from './prefix-tokens.ts';

/** A prefix that was read once. */
interface Entry {
  readonly tokens: readonly number[];
  /** Of its state, whatever others share with it. */
  readonly bytes: number;
  /** Undefined where it is only stored. */
  snapshot: StateSnapshot | undefined;
  /** Where it is stored too. */
  key: string | undefined;
}

/**
 * States after texts that many conversations begin with. Matching is by tokens: where a conversation's differ, it is read as if
 * nothing were cached. What is on the GPU stays within a budget, the least recently used goes first.
 */
export class PrefixCache implements PrefixSource {
  readonly #parts: LoadedParts;
  /** Aborts when the model is disposed of. */
  readonly #disposal: AbortSignal;
  readonly #storage = new PrefixStorage();
  /** The least recently used first. */
  #entries: Entry[] = [];
  /** Whether `#entries` has what earlier visits stored. */
  #indexed = false;
  /** One change at a time. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(parts: LoadedParts, disposal: AbortSignal) {
    this.#parts = parts;
    this.#disposal = disposal;
  }

  get #owner(): string {
    return `${this.#parts.identity} ${this.#parts.precision}`;
  }

  add(prompt: Prompt, { persist = false, signal, onProgress }: CachePrefixOptions): Promise<CachedPrefix> {
    return this.#alone(async () => {
      const either = signal ? AbortSignal.any([this.#disposal, signal]) : this.#disposal;
      either.throwIfAborted();
      const tokens = prefixTokens(prompt, this.#parts);
      const bytes = this.#bytesOf(tokens.length);
      const budget = this.#parts.prefixCacheBytes;
      if (bytes > budget) throw new InvalidOptionError('prefixCacheBytes', budget, `at least ${bytes} for the ${tokens.length} tokens of this prefix`);
      if (persist) await this.#index();
      let entry = this.#find(tokens);
      if (entry && !entry.snapshot) await this.#fetch(entry);
      if (!entry?.snapshot) {
        entry = { tokens, bytes, snapshot: await this.#read(tokens, either, onProgress), key: undefined };
        this.#makeRoom(bytes);
        this.#entries.push(entry);
      }
      this.#use(entry);
      if (persist && entry.key === undefined) await this.#store(entry, either);
      return this.#describe(entry);
    });
  }

  list(): Promise<readonly CachedPrefix[]> {
    return this.#alone(async () => {
      await this.#index();
      return this.#entries.map((entry) => this.#describe(entry));
    });
  }

  clear(): Promise<void> {
    return this.#alone(async () => {
      for (const { snapshot } of this.#entries) snapshot?.dispose();
      this.#entries = this.#entries.filter(({ key }) => key !== undefined);
      for (const entry of this.#entries) entry.snapshot = undefined;
      await this.#index();
      await this.#storage.delete(this.#entries.flatMap(({ key }) => key ?? []));
      this.#entries = [];
    });
  }

  start(sequence: Sequence, next: { readonly tokens: readonly number[]; readonly keep: number }, signal: AbortSignal): Promise<boolean> {
    return this.#start(sequence, next, signal, (entry) => this.#alone(() => this.#fetch(entry)));
  }

  async #start(sequence: Sequence, { tokens, keep }: { readonly tokens: readonly number[]; readonly keep: number }, signal: AbortSignal, fetch: (entry: Entry) => Promise<void>): Promise<boolean> {
    for (;;) {
      const fitting = this.#entries.filter((entry) => entry.tokens.length > keep && entry.tokens.length < tokens.length && startsWith(tokens, entry.tokens));
      const longest = fitting.reduce<Entry | undefined>((best, entry) => (best && best.tokens.length >= entry.tokens.length ? best : entry), undefined);
      if (!longest) return false;
      if (!longest.snapshot) await fetch(longest);
      // What comes after the prefix is written next, over rows that snapshots of this session may need.
      await sequence.state.keeper?.makeRoom(longest.tokens.length);
      // What storage no longer gives is no entry any more, and the next best has its turn.
      if (!longest.snapshot) continue;
      this.#use(longest);
      await longest.snapshot.restore(sequence, signal);
      return true;
    }
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(() => {
      this.#disposal.throwIfAborted();
      return work();
    });
    this.#queue = done.catch(() => undefined);
    return done;
  }

  #describe(entry: Entry): CachedPrefix {
    return {
      tokens: entry.tokens,
      bytes: entry.bytes,
      persisted: entry.key !== undefined,
      delete: () =>
        this.#alone(async () => {
          this.#drop(entry);
          if (entry.key !== undefined) await this.#storage.delete([entry.key]);
        }),
    };
  }

  #bytesOf(position: number): number {
    const { runner } = this.#parts;
    return partBytes(layoutOf(runner.states, runner.stateOptions), position).reduce((sum, bytes) => sum + bytes, 0);
  }

  /** Reads the tokens in a sequence of its own, from the longest prefix on that is there already. */
  async #read(tokens: readonly number[], signal: AbortSignal, onProgress: CachePrefixOptions['onProgress']): Promise<StateSnapshot> {
    const { runner } = this.#parts;
    const sequence = await runner.createSequence();
    try {
      // The last token can be part of what is restored.
      await this.#start(sequence, { tokens: [...tokens, 0], keep: 0 }, signal, (entry) => this.#fetch(entry));
      sequence.tokens = [...tokens];
      const report = (): void => onProgress?.({ readTokens: sequence.position, totalTokens: tokens.length });
      report();
      await readPending(runner, sequence, undefined, { signal, onRead: report });
      const snapshot = await StateSnapshot.take(runner, sequence, signal);
      await snapshot.own();
      await runner.gpu.wait(runner.gpu.device.queue.onSubmittedWorkDone());
      runner.gpu.check();
      return snapshot;
    } catch (error) {
      throw this.#disposal.aborted ? this.#disposal.reason : await runner.gpu.explain(error);
    } finally {
      sequence.state.destroy();
    }
  }

  #find(tokens: readonly number[]): Entry | undefined {
    return this.#entries.find((entry) => entry.tokens.length === tokens.length && startsWith(tokens, entry.tokens));
  }

  #use(entry: Entry): void {
    this.#entries = [...this.#entries.filter((other) => other !== entry), entry];
  }

  #drop(entry: Entry): void {
    entry.snapshot?.dispose();
    entry.snapshot = undefined;
    this.#entries = this.#entries.filter((other) => other !== entry);
  }

  /** Frees the least recently used until `bytes` more are within the budget; what is stored can come back. */
  #makeRoom(bytes: number): void {
    const onGpu = this.#entries.filter(({ snapshot }) => snapshot);
    let total = onGpu.reduce((sum, entry) => sum + entry.bytes, bytes);
    for (const entry of onGpu) {
      if (total <= this.#parts.prefixCacheBytes) return;
      total -= entry.bytes;
      if (entry.key === undefined) this.#drop(entry);
      entry.snapshot?.dispose();
      entry.snapshot = undefined;
    }
  }

  async #index(): Promise<void> {
    if (this.#indexed) return;
    for (const { key, tokens } of await this.#storage.list(this.#owner)) {
      const known = this.#find(tokens);
      if (known) known.key = key;
      else this.#entries.unshift({ tokens, bytes: this.#bytesOf(tokens.length), snapshot: undefined, key });
    }
    this.#indexed = true;
  }

  async #store(entry: Entry, signal: AbortSignal): Promise<void> {
    if (!entry.snapshot) return;
    const state = await encodeSnapshot(this.#parts, new SessionSnapshot(entry.snapshot, undefined), signal);
    const key = `${this.#owner} ${await sha256(entry.tokens.join())}`;
    await this.#storage.write({ key, owner: this.#owner, tokens: entry.tokens }, state);
    entry.key = key;
  }

  /** Loads a stored state. One that is gone, damaged or of an older engine is no entry any more, and nor is one that storage does not give. */
  async #fetch(entry: Entry): Promise<void> {
    const { key, tokens, bytes } = entry;
    if (entry.snapshot || key === undefined) return;
    try {
      const state = await this.#storage.read(key);
      if (!state) throw new StateError('damaged', 'The stored state is gone.');
      this.#makeRoom(bytes);
      const { state: snapshot } = await decodeSnapshot(this.#parts, state);
      entry.snapshot = snapshot;
      if (snapshot.position !== tokens.length || !startsWith(snapshot.tokens, tokens)) throw new StateError('damaged', 'The stored state is of another prefix.');
    } catch (error) {
      this.#drop(entry);
      if (error instanceof StateError) await this.#storage.delete([key]).catch(ignoreStorage);
      else ignoreStorage(error);
    }
  }
}

/** Doing without what is only kept to save time is no failure. */
function ignoreStorage(error: unknown): void {
  if (!(error instanceof StorageError)) throw error;
}

const startsWith = (tokens: readonly number[], prefix: readonly number[]): boolean => prefix.every((id, i) => id === tokens[i]);
