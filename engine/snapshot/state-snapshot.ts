import type { Runner } from '../schedule/runner.ts';
import type { Sequence } from '../schedule/sequence.ts';
import { buffersOf, layoutOf } from './buffer-layout.ts';
import { RowCache } from './row-cache.ts';
import type { RowSegment } from './row-segment.ts';

/** What a sequence was at one moment: its tokens, how many of them were read, and the state that they left. */
export class StateSnapshot {
  readonly runner: Runner;
  readonly tokens: readonly number[];
  /** Tokens that the state has read. */
  readonly position: number;
  /** Keys and values; undefined where none are written. */
  readonly rows: RowSegment | undefined;
  /** One slot of each recurrent state; none at position 0, where all are zero. */
  readonly slots: readonly GPUBuffer[];
  #disposed = false;
  /** Calls that need it, and one more until it is disposed of. */
  #users = 1;

  /** Takes `rows`, retained, and `slots` over. */
  constructor(runner: Runner, tokens: readonly number[], position: number, rows: RowSegment | undefined, slots: readonly GPUBuffer[]) {
    this.runner = runner;
    this.tokens = tokens;
    this.position = position;
    this.rows = rows;
    this.slots = slots;
  }

  /** Of a sequence that no step is under way for; `signal` aborts when it is destroyed. Throws `GpuOutOfMemoryError`, and the signal's reason. */
  static async take(runner: Runner, sequence: Sequence, signal: AbortSignal): Promise<StateSnapshot> {
    const { state, position } = sequence;
    const { slots: layouts } = layoutOf(state.declarations, state.options);
    const slots = position === 0 ? [] : await runner.gpu.buffers.allocateAll(layouts.map(({ slotBytes }) => ({ label: 'kept state', bytes: slotBytes })), 'state');
    let rows: RowSegment | undefined;
    try {
      rows = await RowCache.of(runner, state).seal(position);
      signal.throwIfAborted();
      const sources = buffersOf(state).slots;
      runner.record((encoder) => slots.forEach((slot, i) => encoder.copyBufferToBuffer(sources[i], state.slots.slotIn * layouts[i].slotBytes, slot, 0, layouts[i].slotBytes)));
      return new StateSnapshot(runner, [...sequence.tokens], position, rows, slots);
    } catch (error) {
      rows?.release();
      for (const slot of slots) runner.gpu.buffers.destroy(slot);
      throw error;
    }
  }

  get disposed(): boolean {
    return this.#disposed;
  }

  /** GPU bytes that `dispose` would free. */
  get bytes(): number {
    return this.#disposed ? 0 : this.slots.reduce((sum, { size }) => sum + size, 0) + (this.rows?.ownBytes ?? 0);
  }

  /** Makes the sequence, of the same runner, what this one was. Throws as `take` does, with nothing changed. */
  async restore(sequence: Sequence, signal: AbortSignal): Promise<void> {
    const { state } = sequence;
    // It may be disposed of meanwhile.
    this.#users++;
    try {
      const loadRows = await RowCache.of(this.runner, state).load(this.rows);
      signal.throwIfAborted();
      const { slots: layouts } = layoutOf(state.declarations, state.options);
      const targets = buffersOf(state).slots;
      this.runner.record((encoder) => {
        loadRows(encoder);
        if (this.position === 0) return state.cut(0, encoder);
        this.slots.forEach((slot, i) => encoder.copyBufferToBuffer(slot, 0, targets[i], 0, layouts[i].slotBytes));
        state.restart(this.position);
      });
      sequence.tokens = [...this.tokens];
    } finally {
      this.#release();
    }
  }

  /** Copies all rows into buffers of their own, so that no cache is held for them. Throws `GpuOutOfMemoryError`, `DisposedError`. */
  async own(): Promise<void> {
    await Promise.all((this.rows?.chain ?? []).map((segment) => segment.own()));
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#release();
  }

  #release(): void {
    if (--this.#users > 0) return;
    for (const slot of this.slots) this.runner.gpu.buffers.destroy(slot);
    this.rows?.release();
  }
}
