import { layoutOf, type StateLayout } from '../../engine/snapshot/buffer-layout.ts';
import { readParts, writeParts } from '../../engine/snapshot/snapshot-parts.ts';
import type { HeldConversation } from '../runtime/conversation-memory.ts';
import type { LoadedParts } from '../runtime/loaded-parts.ts';
import { restoreSnapshot, SessionSnapshot, takeSnapshot } from './session-snapshot.ts';
import { decodeState, encodeState } from './state-file.ts';

const layoutFor = ({ runner }: LoadedParts): StateLayout => layoutOf(runner.states, runner.stateOptions);

/** The bytes of a snapshot, bound to the model. Throws the signal's reason. */
export async function encodeSnapshot(parts: LoadedParts, { state, transcript }: SessionSnapshot, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  const saved = await readParts(state, layoutFor(parts), signal);
  return encodeState(parts, { tokens: state.tokens, position: state.position, transcript, parts: saved });
}

/** Throws `StateError`, `GpuOutOfMemoryError`, `DisposedError`. */
export async function decodeSnapshot(parts: LoadedParts, bytes: Uint8Array<ArrayBuffer>): Promise<SessionSnapshot> {
  const { runner, identity, precision } = parts;
  const layout = layoutFor(parts);
  const saved = await decodeState(bytes, { identity, precision, layout, context: runner.options.context, vocabulary: runner.vocabulary });
  return new SessionSnapshot(await writeParts(runner, layout, saved.tokens, saved.position, saved.parts), saved.transcript);
}

export async function saveSession(held: HeldConversation, signal = held.signal): Promise<Uint8Array<ArrayBuffer>> {
  signal.throwIfAborted();
  const snapshot = await takeSnapshot(held);
  try {
    return await encodeSnapshot(held.parts, snapshot, AbortSignal.any([held.signal, signal]));
  } finally {
    snapshot.dispose();
  }
}

export async function loadSession(held: HeldConversation, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  const snapshot = await decodeSnapshot(held.parts, bytes);
  try {
    await restoreSnapshot(held, snapshot);
  } finally {
    snapshot.dispose();
  }
}
