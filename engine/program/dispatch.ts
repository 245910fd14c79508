import type { Kernel } from '../../shaders/kernel.ts';

/** Activations or scratch of a program. Values whose lifetimes do not overlap may share a buffer. */
export interface Value {
  readonly label: string;
  readonly bytes: number;
  /** Lives in the buffer of this value, which it overwrites in place. */
  readonly inPlaceOf?: Value;
}

/** What stands behind a binding. */
export type BufferRef =
  | { readonly kind: 'value'; readonly value: Value }
  | { readonly kind: 'constant'; readonly buffer: GPUBuffer; /** Bytes, a multiple of 256. */ readonly offset?: number }
  /** A buffer of the sequence's `index`-th state, by name. */
  | { readonly kind: 'state'; readonly index: number; readonly name: string }
  /** The token ids that the sequence's step reads. */
  | { readonly kind: 'tokens' };

/** One kernel of a program with everything it reads and writes, except the step uniform, which every program has. */
export interface Dispatch {
  readonly kernel: Kernel;
  readonly buffers: Readonly<Record<string, BufferRef>>;
  /** Runs on one row whatever the step's T. */
  readonly singleRow: boolean;
  /** Belongs to the output: skipped for all but the last chunk of a prompt. */
  readonly output: boolean;
}
