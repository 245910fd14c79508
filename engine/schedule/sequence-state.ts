import { STATE_SLOTS } from '../../shaders/common/step.ts';
import { roundUp } from '../../shaders/kernel.ts';
import { kvCacheBytes, type KvLayout } from '../../shaders/kv/kv-format.ts';
import type { BufferPool } from '../gpu/buffer-pool.ts';
import { cacheRows, type StateDeclaration } from '../ops/state.ts';

/** What still needs rows of a sequence's caches: snapshots, where there are any. */
export interface RowKeeper {
  /** Puts the rows from `position` on in safety: they are about to be overwritten. Throws `GpuOutOfMemoryError`, with nothing changed. */
  makeRoom(position: number): Promise<void>;
  /** The sequence is gone. Returns whether its caches are still needed; then they are the keeper's to free. */
  close(): boolean;
}

/** Buffers of one state by name, as kernels bind them. */
export type StateBuffers = Readonly<Record<string, GPUBuffer>>;

export interface StateOptions {
  /** Tokens that a KV cache holds. */
  readonly context: number;
  readonly kv: KvLayout;
  /** Most tokens of one step. */
  readonly rows: number;
}

/** Bytes of each buffer that a state needs. */
export function stateBytes(state: StateDeclaration, { context, kv }: StateOptions): Record<string, number> {
  switch (state.kind) {
    case 'kv': {
      const bytes = kvCacheBytes(kv, state.kvHeads, cacheRows(state, context), state.headDim);
      return { keys: bytes, values: bytes };
    }
    case 'conv':
      return { state: STATE_SLOTS * (state.kernelSize - 1) * state.channels * 4 };
    case 'recurrent':
      // In whole quads, as the kernels have it.
      return { state: STATE_SLOTS * state.heads * roundUp(state.keyDim, 4) * roundUp(state.valueDim, 4) * 4 };
    case 'diagonal':
      return { state: STATE_SLOTS * state.channels * state.stateSize * 4 };
    case 'mlstm':
      // The stabiliser of a head takes four elements, so that all that follows is read in fours.
      return { state: STATE_SLOTS * state.heads * ((state.valueDim + 1) * state.keyDim + 4) * 4 };
    default:
      return state satisfies never;
  }
}

/**
 * The GPU side of one sequence. Its position and its slot in the state ring live on the host; rolling back is moving
 * them: keys and values beyond the position are dead, and the ring still holds the states of the last tokens.
 */
export class SequenceState {
  readonly tokens: GPUBuffer;
  readonly states: readonly StateBuffers[];
  readonly declarations: readonly StateDeclaration[];
  readonly options: StateOptions;
  readonly #buffers: BufferPool;
  readonly #recurrent: boolean;
  /** Made by the first snapshot. */
  keeper: RowKeeper | undefined;
  /** Tokens in the state. */
  position = 0;
  #slot = 0;
  /** Steps whose states are still in the ring, the newest not counted. */
  #rollback = 0;

  private constructor(buffers: BufferPool, tokens: GPUBuffer, states: readonly StateBuffers[], declarations: readonly StateDeclaration[], options: StateOptions) {
    this.#buffers = buffers;
    this.tokens = tokens;
    this.states = states;
    this.declarations = declarations;
    this.options = options;
    this.#recurrent = declarations.some(({ kind }) => kind !== 'kv');
  }

  /** Throws `GpuOutOfMemoryError`, with nothing left allocated. */
  static async allocate(buffers: BufferPool, declarations: readonly StateDeclaration[], options: StateOptions): Promise<SequenceState> {
    const requests = declarations.flatMap((declaration, index) =>
      Object.entries(stateBytes(declaration, options)).map(([name, bytes]) => ({ index, name, label: `${declaration.kind} ${name}`, bytes })),
    );
    const [tokens, ...made] = await buffers.allocateAll([{ label: 'tokens', bytes: options.rows * 4 }, ...requests], 'state');
    const states = declarations.map((): Record<string, GPUBuffer> => ({}));
    requests.forEach(({ index, name }, i) => {
      states[index][name] = made[i];
    });
    return new SequenceState(buffers, tokens, states, declarations, options);
  }

  /** Slots for a step that reads the state as it is. */
  get slots(): { readonly slotIn: number; readonly slotOut: number } {
    return { slotIn: this.#slot, slotOut: (this.#slot + 1) % STATE_SLOTS };
  }

  /** A step over `count` tokens was submitted. */
  advance(count: number): void {
    this.position += count;
    this.#slot = (this.#slot + 1) % STATE_SLOTS;
    this.#rollback = Math.min(this.#rollback + 1, STATE_SLOTS - 1);
  }

  /** Takes back the last `steps` steps, which read `tokens` tokens; of a recurrent state at most STATE_SLOTS − 1. */
  rollBack(steps: number, tokens: number): void {
    if (this.#recurrent && steps > this.#rollback) throw new Error(`the state ring holds ${this.#rollback} earlier states, not ${steps}`);
    this.position -= tokens;
    this.#slot = (this.#slot + (STATE_SLOTS - 1) * steps) % STATE_SLOTS;
    this.#rollback = Math.max(0, this.#rollback - steps);
  }

  /** Bytes of states that a step replaces, of keys and values before the position, and of all. */
  get memory(): { readonly fixed: number; readonly growing: number; readonly allocated: number } {
    let [fixed, cached] = [0, 0];
    for (const declaration of this.declarations) {
      const bytes = Object.values(stateBytes(declaration, this.options)).reduce((sum, size) => sum + size, 0);
      if (declaration.kind === 'kv') cached += bytes;
      else fixed += bytes;
    }
    return { fixed, growing: cached && (cached * this.position) / this.options.context, allocated: fixed + cached };
  }

  /** Whether the state can be cut to any earlier position: only without recurrent parts. */
  get cuttable(): boolean {
    return !this.#recurrent;
  }

  /** Forgets everything after `position`; for a recurrent state only 0 is possible. */
  cut(position: number, encoder: GPUCommandEncoder): void {
    if (position !== 0 && !this.cuttable) throw new Error('a recurrent state cannot be cut');
    this.position = position;
    this.#rollback = 0;
    if (position === 0 && this.#recurrent) {
      // Keys and values need no clearing, they are masked by position; a recurrence starts from zero.
      for (const { state } of this.states) if (state) encoder.clearBuffer(state);
    }
  }

  /** The state was replaced by one that has read `position` tokens, which is in slot 0. */
  restart(position: number): void {
    this.position = position;
    this.#slot = 0;
    this.#rollback = 0;
  }

  destroy(): void {
    const kept = this.keeper?.close() ? 'kv' : undefined;
    this.#buffers.destroy(this.tokens);
    this.states.forEach((state, i) => {
      if (this.declarations[i].kind !== kept) for (const buffer of Object.values(state)) this.#buffers.destroy(buffer);
    });
  }
}
