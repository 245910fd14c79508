import { STATE_SLOTS } from '../../shaders/common/step.ts';
import { roundUp } from '../../shaders/kernel.ts';
import { kvCacheBytes, type KvLayout } from '../../shaders/kv/kv-format.ts';
import type { BufferPool } from '../gpu/buffer-pool.ts';
import type { StateDeclaration } from '../ops/state.ts';

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
      const bytes = kvCacheBytes(kv, state.kvHeads, context, state.headDim);
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
  readonly #buffers: BufferPool;
  readonly #recurrent: boolean;
  /** Tokens in the state. */
  position = 0;
  #slot = 0;
  /** Steps whose states are still in the ring, the newest not counted. */
  #rollback = 0;

  private constructor(buffers: BufferPool, tokens: GPUBuffer, states: readonly StateBuffers[], recurrent: boolean) {
    this.#buffers = buffers;
    this.tokens = tokens;
    this.states = states;
    this.#recurrent = recurrent;
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
    return new SequenceState(buffers, tokens, states, declarations.some(({ kind }) => kind !== 'kv'));
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

  destroy(): void {
    for (const buffer of [this.tokens, ...this.states.flatMap((state) => Object.values(state))]) this.#buffers.destroy(buffer);
  }
}
