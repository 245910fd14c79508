import type { BufferRef, Dispatch, Value } from './dispatch.ts';

/** For every value the number of its buffer, and the size of each buffer. */
export interface Placement {
  readonly bufferOf: ReadonlyMap<Value, number>;
  /** Bytes. */
  readonly sizes: readonly number[];
}

const root = (value: Value): Value => (value.inPlaceOf ? root(value.inPlaceOf) : value);

const valuesOf = (dispatch: Dispatch): Value[] =>
  Object.values(dispatch.buffers).flatMap((ref: BufferRef) => (ref.kind === 'value' ? [ref.value] : []));

/**
 * Assigns buffers to values by a scan over their lifetimes: a buffer is free again after the last dispatch that uses its
 * value. A value of `keep` lives until the end. Throws if a value is read after something was written in its place.
 */
export function placeValues(dispatches: readonly Dispatch[], keep: readonly Value[]): Placement {
  const lastUse = new Map<Value, number>();
  const overwriter = new Map<Value, Value>();
  dispatches.forEach((dispatch, i) => {
    for (const value of valuesOf(dispatch)) {
      // What is written in place of a value is computed from it.
      for (const read of value.inPlaceOf ? [value, value.inPlaceOf] : [value]) {
        const newer = overwriter.get(read);
        if (newer && newer !== value) throw new Error(`${dispatch.kernel.label} reads ${read.label}, which ${newer.label} has overwritten`);
      }
      lastUse.set(root(value), i);
    }
    for (const value of valuesOf(dispatch)) if (value.inPlaceOf) overwriter.set(value.inPlaceOf, value);
  });
  for (const value of keep) lastUse.set(root(value), dispatches.length);

  const bufferOf = new Map<Value, number>();
  const sizes: number[] = [];
  const free = new Set<number>();
  dispatches.forEach((dispatch, i) => {
    const used = valuesOf(dispatch);
    for (const value of used) {
      const base = root(value);
      if (!bufferOf.has(base)) {
        const buffer = pick(free, sizes, base.bytes);
        free.delete(buffer);
        sizes[buffer] = Math.max(sizes[buffer] ?? 0, base.bytes);
        bufferOf.set(base, buffer);
      }
      bufferOf.set(value, bufferOf.get(base) ?? 0);
    }
    for (const value of used) {
      const buffer = bufferOf.get(value);
      if (buffer !== undefined && lastUse.get(root(value)) === i) free.add(buffer);
    }
  });
  return { bufferOf, sizes };
}

/** The smallest free buffer that holds `bytes`, else the largest free one (it grows), else a new one. */
function pick(free: ReadonlySet<number>, sizes: readonly number[], bytes: number): number {
  const bySize = [...free].sort((a, b) => sizes[a] - sizes[b]);
  return bySize.find((buffer) => sizes[buffer] >= bytes) ?? bySize.at(-1) ?? sizes.length;
}
