import type { Runner } from '../schedule/runner.ts';
import { rowsAt, type RowLayout } from './buffer-layout.ts';

/** Buffers, each with the rows of tokens [first, end) head by head, in which those of a segment lie. */
interface Place {
  readonly buffers: readonly GPUBuffer[];
  readonly first: number;
  readonly end: number;
}

/** Rows of a head that the tokens [start, end) have. */
const rowsIn = (layout: RowLayout, { start, end }: { readonly start: number; readonly end: number }): number => rowsAt(layout, end) - rowsAt(layout, start);

/** A sequence's caches, as the segments see them that lie in them. */
export interface RowHome {
  readonly buffers: readonly GPUBuffer[];
  /** Tokens that they hold. */
  readonly context: number;
  /** The segment needs these caches no longer. */
  forget(segment: RowSegment): void;
  /** Bytes of buffers that are there for this segment alone. */
  orphanedBytes(segment: RowSegment): number;
}

/**
 * Rows of tokens [start, end) of all caches, keys and values, as they were written; they follow the parent's and never change. What
 * needs them retains them. They lie in caches, until those need the place, and then in buffers of their own.
 */
export class RowSegment {
  readonly parent: RowSegment | undefined;
  readonly start: number;
  readonly end: number;
  /** Caches that hold these rows where they belong. */
  readonly homes = new Set<RowHome>();
  readonly #layouts: readonly RowLayout[];
  readonly #runner: Runner;
  /** A copy for each of the caches' buffers, of these rows alone. */
  #copy: readonly GPUBuffer[] | undefined;
  #users = 0;

  constructor(runner: Runner, layouts: readonly RowLayout[], parent: RowSegment | undefined, end: number, copy?: readonly GPUBuffer[]) {
    this.#runner = runner;
    this.#layouts = layouts;
    this.parent = parent;
    this.start = parent?.end ?? 0;
    this.end = end;
    this.#copy = copy;
  }

  get used(): boolean {
    return this.#users > 0;
  }

  /** From the first to this one. */
  get chain(): RowSegment[] {
    return [...(this.parent?.chain ?? []), this];
  }

  /** GPU bytes that no longer being used would free, provided that nobody but one uses it. */
  get ownBytes(): number {
    if (this.#users > 1) return 0;
    const copied = this.#copy?.reduce((sum, { size }) => sum + size, 0) ?? 0;
    const orphaned = [...this.homes].reduce((sum, home) => sum + home.orphanedBytes(this), 0);
    return copied + orphaned + (this.parent?.ownBytes ?? 0);
  }

  retain(): void {
    if (this.#users++ === 0) this.parent?.retain();
  }

  release(): void {
    if (--this.#users > 0) return;
    this.#copy?.forEach((buffer) => this.#runner.gpu.buffers.destroy(buffer));
    this.#copy = undefined;
    for (const home of this.homes) home.forget(this);
    this.parent?.release();
  }

  /** Whether the rows would be lost with these caches. */
  dependsOn(cache: RowHome): boolean {
    return this.used && !this.#copy && this.homes.size === 1 && this.homes.has(cache);
  }

  /** Copies the rows into buffers of their own, if they are in none yet. Throws `GpuOutOfMemoryError`, `DisposedError`. */
  async own(): Promise<void> {
    if (this.#copy) return;
    const { buffers } = this.#runner.gpu;
    const copy = await buffers.allocateAll(
      this.#layouts.map((layout) => ({ label: 'kept rows', bytes: Math.max(4, layout.heads * rowsIn(layout, this) * layout.rowBytes) })),
      'state',
    );
    if (this.#copy || !this.used) return copy.forEach((buffer) => buffers.destroy(buffer));
    this.#runner.record((encoder) => this.copyTo(encoder, { buffers: copy, first: this.start, end: this.end }));
    this.#copy = copy;
    for (const home of this.homes) home.forget(this);
  }

  /** Records the copy of all rows into caches, or something arranged like them, from wherever they are. */
  copyTo(encoder: GPUCommandEncoder, { buffers, ...to }: Place): void {
    buffers.forEach((buffer, i) => this.copyBuffer(encoder, i, { buffer, ...to }));
  }

  /** The same for the rows of one of the buffers. */
  copyBuffer(encoder: GPUCommandEncoder, index: number, { buffer, ...to }: Omit<Place, 'buffers'> & { readonly buffer: GPUBuffer }): void {
    const layout = this.#layouts[index];
    const { heads, rowBytes } = layout;
    const from = this.#source();
    const bytes = rowsIn(layout, this) * rowBytes;
    const at = (head: number, { first, end }: Omit<Place, 'buffers'>): number => (head * rowsIn(layout, { start: first, end }) + rowsIn(layout, { start: first, end: this.start })) * rowBytes;
    for (let head = 0; head < heads && bytes > 0; head++) encoder.copyBufferToBuffer(from.buffers[index], at(head, from), buffer, at(head, to), bytes);
  }

  #source(): Place {
    if (this.#copy) return { buffers: this.#copy, first: this.start, end: this.end };
    const [home] = this.homes;
    if (!home) throw new Error(`rows ${this.start} to ${this.end} are nowhere`);
    return { buffers: home.buffers, first: 0, end: home.context };
  }
}
