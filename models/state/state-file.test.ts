import { expect, test } from 'vitest';
import { uniform } from '../../shaders/random.ts';
import { mutateBytes } from '../../tests/fuzz/mutate.ts';
import { StateError } from '../errors/state-error.ts';
import { decodeState, encodeState, partBytes, type SavedState, type StateExpectation } from './state-file.ts';

const EXPECTED: StateExpectation = {
  identity: 'abc',
  precision: 'int4 int8 f16 f16',
  layout: { rows: [{ heads: 2, tokens: 1, rowBytes: 8 }, { heads: 2, tokens: 1, rowBytes: 8 }], slots: [{ slotBytes: 12 }, { slotBytes: 20 }] },
  context: 9,
  vocabulary: 50,
};

function someState(position: number, tokens: readonly number[], transcript: string | undefined): SavedState {
  const next = uniform(3);
  return { tokens, position, transcript, parts: partBytes(EXPECTED.layout, position).map((size) => Uint8Array.from({ length: size }, () => Math.floor(next() * 256))) };
}

const outcome = async (bytes: Uint8Array<ArrayBuffer>, expected = EXPECTED): Promise<SavedState | StateError> => {
  try {
    return await decodeState(bytes, expected);
  } catch (error) {
    if (error instanceof StateError) return error;
    throw error;
  }
};

/** Makes the checksum that of what stands before it. */
async function signed(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  if (bytes.length > 32) bytes.set(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes.subarray(0, -32))), bytes.length - 32);
  return bytes;
}

const STATE = someState(3, [7, 0, 49, 8], 'Once 🜚\ud800 "upon"\n');
const FILE = await encodeState(EXPECTED, STATE);

test.each([
  ['with all it can have', STATE],
  ['without a text', someState(1, [5], undefined)],
  ['of a prompt that was not read', someState(0, [1, 2], '')],
  ['of nothing', someState(0, [], '')],
])('a state comes back as it was: %s', async (_, state) => {
  const file = await encodeState(EXPECTED, state);
  expect(await decodeState(file, EXPECTED)).toEqual(state);
  // Wherever it lies in a larger buffer.
  const inside = new Uint8Array(file.length + 7);
  inside.set(file, 7);
  expect(await decodeState(inside.subarray(7), EXPECTED)).toEqual(state);
});

test.each([
  ['model', { identity: 'abd' }],
  ['precision', { precision: 'int4 int8 f16 int4' }],
  ['context', { context: 2 }],
  ['damaged', { vocabulary: 49 }],
  ['damaged', { layout: { ...EXPECTED.layout, slots: [{ slotBytes: 12 }] } }],
] as const)('of another owner is refused: %s %j', async (reason, change) => {
  expect(await outcome(FILE, { ...EXPECTED, ...change })).toMatchObject({ code: 'state', reason });
});

test('no bit can be changed and no byte cut off unnoticed', async () => {
  for (let i = 0; i < FILE.length; i++) {
    const changed = FILE.slice();
    changed[i] ^= 1 << i % 8;
    expect(await outcome(changed)).toMatchObject({ reason: i < 8 ? 'not-a-state' : i < 12 ? 'version' : 'damaged' });
    expect(await outcome(FILE.slice(0, i))).toMatchObject({ reason: i < 8 ? 'not-a-state' : 'damaged' });
  }
  expect(await outcome(new Uint8Array(FILE.length + 1))).toMatchObject({ reason: 'not-a-state' });
});

test('whatever the header says, under a checksum that is right, is refused or is a state that fits', async () => {
  const counts = { refused: 0, read: 0 };
  for (let seed = 1; seed <= 3000; seed++) {
    const result = await outcome(await signed(mutateBytes(FILE, uniform(seed), 130)));
    counts[result instanceof StateError ? 'refused' : 'read']++;
    if (result instanceof StateError) continue;
    expect(result.parts.map(({ length }) => length)).toEqual(partBytes(EXPECTED.layout, result.position));
    expect(result.tokens.every((id) => id < EXPECTED.vocabulary)).toBe(true);
    expect(result.position).toBeLessThanOrEqual(result.tokens.length);
  }
  expect(counts.refused).toBeGreaterThan(1000);
  expect(counts.read).toBeGreaterThan(10);
});
