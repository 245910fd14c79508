import { DisposedError } from '../errors/generate-errors.ts';
import type { Runner } from '../schedule/runner.ts';
import type { RowKeeper, SequenceState } from '../schedule/sequence-state.ts';
import { buffersOf, layoutOf, type RowLayout } from './buffer-layout.ts';
import { RowSegment, type RowHome } from './row-segment.ts';

/**
 * What of one sequence's caches snapshots may need. A snapshot copies no keys and values: it names the rows that are
 * there. Only where they are about to be overwritten, after a cut or by another conversation's, are they copied out.
 */
export class RowCache implements RowKeeper, RowHome {
  readonly buffers: readonly GPUBuffer[];
  readonly context: number;
  readonly #runner: Runner;
  readonly #layouts: readonly RowLayout[];
  /** Segments whose rows the buffers hold, each the child of the one before it. They may reach beyond the sequence's position. */
  #resident: RowSegment[] = [];
  /** The sequence is gone; the buffers stay for the segments that are left. */
  #closed = false;

  private constructor(runner: Runner, state: SequenceState) {
    this.#runner = runner;
    this.buffers = buffersOf(state).rows;
    this.context = state.options.context;
    this.#layouts = layoutOf(state.declarations, state.options).rows;
  }

  static of(runner: Runner, state: SequenceState): RowCache {
    if (state.keeper instanceof RowCache) return state.keeper;
    const cache = new RowCache(runner, state);
    state.keeper = cache;
    return cache;
  }

  /** Names the rows before `position`, all of them written; retained for the caller. Throws as `makeRoom` does. */
  async seal(position: number): Promise<RowSegment | undefined> {
    if (position === 0 || this.buffers.length === 0) return undefined;
    let segment = this.#resident.find(({ end }) => end === position);
    if (!segment) {
      await this.makeRoom(position);
      // Nobody's rows become part of the new segment.
      while (this.#resident.at(-1)?.used === false) this.#resident.pop()?.homes.delete(this);
      segment = new RowSegment(this.#runner, this.#layouts, this.#resident.at(-1), position);
      segment.homes.add(this);
      this.#resident.push(segment);
    }
    segment.retain();
    return segment;
  }

  async makeRoom(position: number): Promise<void> {
    for (;;) {
      const lost = this.#resident.filter((segment) => segment.end > position && segment.dependsOn(this));
      if (lost.length === 0) break;
      await Promise.all(lost.map((segment) => segment.own()));
    }
    if (this.#closed) throw new DisposedError('session');
    for (const segment of this.#resident) if (segment.end > position) segment.homes.delete(this);
    this.#resident = this.#resident.filter(({ end }) => end <= position);
  }

  /**
   * Makes the rows of `segment` and its ancestors those of the cache. What is there already is not copied. Returns what
   * is left to record. Throws as `makeRoom` does.
   */
  async load(segment: RowSegment | undefined): Promise<(encoder: GPUCommandEncoder) => void> {
    const chain = segment?.chain ?? [];
    const missing = chain.filter((part) => !this.#resident.includes(part));
    if (missing.length === 0) return () => undefined;
    await this.makeRoom(missing[0].start);
    return (encoder) => {
      for (const part of missing) {
        part.copyTo(encoder, { buffers: this.buffers, first: 0, end: this.context });
        part.homes.add(this);
      }
      this.#resident = chain;
    };
  }

  close(): boolean {
    this.#closed = true;
    for (const segment of this.#resident) if (!segment.dependsOn(this)) segment.homes.delete(this);
    this.#resident = this.#resident.filter((segment) => segment.dependsOn(this));
    return this.#resident.length > 0;
  }

  /** Rows of a live sequence stay where they are. */
  forget(segment: RowSegment): void {
    if (!this.#closed) return;
    segment.homes.delete(this);
    this.#resident = this.#resident.filter((resident) => resident !== segment);
    if (this.#resident.length === 0) for (const buffer of this.buffers) this.#runner.gpu.buffers.destroy(buffer);
  }

  orphanedBytes(segment: RowSegment): number {
    if (!this.#closed || this.#resident.some((resident) => resident !== segment)) return 0;
    return this.buffers.reduce((sum, { size }) => sum + size, 0);
  }
}
