import { beforeEach, describe, expect, test } from 'vitest';
import { STATE_SLOTS } from '../../shaders/common/step.ts';
import { PLAIN_KV_LAYOUTS } from '../../shaders/kv/plain-kv-layouts.ts';
import { uniform } from '../../shaders/random.ts';
import { BufferPool } from '../gpu/buffer-pool.ts';
import type { StateDeclaration } from '../ops/state.ts';
import { SequenceState } from './sequence-state.ts';

/** Enough of a device for a pool: buffers that know whether they live, and memory that may run out. */
class FakeDevice {
  readonly limits = { maxBufferSize: 2 ** 30 };
  readonly live = new Set<object>();
  /** Buffers that can still be made. */
  room = Infinity;
  #refused = false;

  pushErrorScope(): void {
    this.#refused = false;
  }

  popErrorScope(): Promise<object | null> {
    return Promise.resolve(this.#refused ? {} : null);
  }

  createBuffer({ label, size }: GPUBufferDescriptor): object {
    this.#refused = this.room-- <= 0;
    const buffer = { label, size, destroy: () => void this.live.delete(buffer) };
    this.live.add(buffer);
    return buffer;
  }
}

const HYBRID: readonly StateDeclaration[] = [
  { kind: 'conv', channels: 8, kernelSize: 4 },
  { kind: 'recurrent', heads: 2, keyDim: 4, valueDim: 8 },
  { kind: 'kv', kvHeads: 2, headDim: 4 },
];
const OPTIONS = { context: 10, kv: PLAIN_KV_LAYOUTS.f16, rows: 3 };

let device: FakeDevice;
let pool: BufferPool;
beforeEach(() => {
  device = new FakeDevice();
  // The fake has what the pool calls, and no more.
  pool = new BufferPool(Object.assign(Object.create(null), { limits: device.limits, pushErrorScope: () => device.pushErrorScope(), popErrorScope: () => device.popErrorScope(), createBuffer: (of: GPUBufferDescriptor) => device.createBuffer(of) }));
});

const allocate = (declarations = HYBRID): Promise<SequenceState> => SequenceState.allocate(pool, declarations, OPTIONS);

/** Buffers that were cleared. */
function cut(state: SequenceState, position: number): GPUBuffer[] {
  const cleared: GPUBuffer[] = [];
  state.cut(position, Object.assign(Object.create(null), { clearBuffer: (buffer: GPUBuffer) => cleared.push(buffer) }));
  return cleared;
}

describe('buffers', () => {
  test('are those that the declarations ask for, and all are freed', async () => {
    const state = await allocate();
    expect(state.states.map((buffers) => Object.entries(buffers).map(([name, { size }]) => [name, size]))).toEqual([
      [['state', STATE_SLOTS * 3 * 8 * 4]],
      [['state', STATE_SLOTS * 2 * 4 * 8 * 4]],
      [['keys', 2 * 10 * 4 * 2], ['values', 2 * 10 * 4 * 2]],
    ]);
    expect(state.tokens.size).toBe(16);
    expect(pool.bytes('state')).toBe(384 + 1024 + 160 + 160 + 16);
    state.destroy();
    expect(pool.bytes('state')).toBe(0);
    expect(device.live.size).toBe(0);
  });

  test('of other recurrences are a ring of states too, and cleared as one', async () => {
    const state = await allocate([{ kind: 'diagonal', channels: 5, stateSize: 3 }, { kind: 'mlstm', heads: 2, keyDim: 4, valueDim: 8 }]);
    expect(state.states.map(({ state: { size } }) => size)).toEqual([STATE_SLOTS * 3 * 5 * 4, STATE_SLOTS * 2 * (4 * 8 + 4 + 4) * 4]);
    expect(state.cuttable).toBe(false);
    expect(cut(state, 0)).toEqual(state.states.map((buffers) => buffers.state));
  });

  test.each([0, 1, 4])('nothing is left where memory runs out after %i', async (room) => {
    device.room = room;
    await expect(allocate()).rejects.toMatchObject({ code: 'gpu/out-of-memory' });
    expect(device.live.size).toBe(0);
  });

  test('nothing outlives a pool that was closed meanwhile', async () => {
    const allocating = allocate();
    pool.destroyAll();
    await expect(allocating).rejects.toMatchObject({ code: 'generate/disposed' });
    await expect(allocate()).rejects.toMatchObject({ code: 'generate/disposed' });
    expect(device.live.size).toBe(0);
  });
});

describe('the state ring', () => {
  test('a step reads the slot that the last one wrote', async () => {
    const state = await allocate();
    let written = state.slots.slotIn;
    for (let step = 0; step < 9; step++) {
      const { slotIn, slotOut } = state.slots;
      expect(slotIn).toBe(written);
      expect(slotOut).not.toBe(slotIn);
      written = slotOut;
      state.advance(2);
    }
    expect(state.position).toBe(18);
  });

  test('takes back as many steps as it has older slots, and no more', async () => {
    const state = await allocate();
    state.advance(5);
    expect(() => state.rollBack(2, 5)).toThrow('holds 1 earlier');
    state.rollBack(1, 5);
    expect(state).toMatchObject({ position: 0, slots: { slotIn: 0 } });
    for (let i = 0; i < 9; i++) state.advance(1);
    expect(() => state.rollBack(STATE_SLOTS, STATE_SLOTS)).toThrow('holds 3 earlier');
    state.rollBack(2, 2);
    expect(() => state.rollBack(2, 2)).toThrow('holds 1 earlier');
    state.rollBack(1, 1);
    expect(state.position).toBe(6);
  });

  test('over random steps, every state that can be gone back to is the one that was written then', async () => {
    const state = await allocate();
    const next = uniform(7);
    /** What each slot holds: the position at which it was written. */
    const slots = [0, NaN, NaN, NaN];
    let steps: number[] = [];
    for (let round = 0; round < 2000; round++) {
      if (next() < 0.7) {
        const count = 1 + Math.floor(next() * 3);
        const { slotOut } = state.slots;
        state.advance(count);
        slots[slotOut] = state.position;
        steps = [...steps, count].slice(1 - STATE_SLOTS);
      } else {
        const back = Math.floor(next() * (steps.length + 1));
        const read = steps.slice(steps.length - back).reduce((sum, count) => sum + count, 0);
        steps = steps.slice(0, steps.length - back);
        state.rollBack(back, read);
      }
      expect(slots[state.slots.slotIn]).toBe(state.position);
    }
  });

  test('keys and values alone go back any number of steps', async () => {
    const state = await allocate(HYBRID.slice(2));
    for (let i = 0; i < 9; i++) state.advance(1);
    state.rollBack(8, 8);
    expect(state.position).toBe(1);
  });
});

describe('cutting', () => {
  test('a recurrent state can only be emptied, and its buffers are cleared', async () => {
    const state = await allocate();
    state.advance(5);
    expect(state.cuttable).toBe(false);
    expect(() => cut(state, 3)).toThrow('cannot be cut');
    expect(state.position).toBe(5);
    expect(cut(state, 0)).toEqual([state.states[0].state, state.states[1].state]);
    expect(state.position).toBe(0);
    expect(() => state.rollBack(1, 1)).toThrow('holds 0 earlier');
  });

  test('keys and values can be cut anywhere, and need no clearing', async () => {
    const state = await allocate(HYBRID.slice(2));
    state.advance(5);
    expect(state.cuttable).toBe(true);
    expect(cut(state, 3)).toEqual([]);
    expect(state.position).toBe(3);
    expect(cut(state, 0)).toEqual([]);
  });
});
