import { DisposedError } from '../../engine/errors/generate-errors.ts';
import { StateSnapshot } from '../../engine/snapshot/state-snapshot.ts';
import { StateError } from '../errors/state-error.ts';
import type { Session, Snapshot } from '../model.ts';
import type { HeldConversation } from '../runtime/conversation-memory.ts';

/** A session's state and the text that it stands for. */
export class SessionSnapshot implements Snapshot {
  readonly state: StateSnapshot;
  readonly transcript: string | undefined;

  constructor(state: StateSnapshot, transcript: string | undefined) {
    this.state = state;
    this.transcript = transcript;
  }

  get length(): number {
    return this.state.tokens.length;
  }

  get bytes(): number {
    return this.state.bytes;
  }

  dispose(): void {
    this.state.dispose();
  }
}

export async function takeSnapshot({ parts: { runner }, memory: { sequence, transcript }, signal }: HeldConversation): Promise<SessionSnapshot> {
  return new SessionSnapshot(sequence ? await StateSnapshot.take(runner, sequence, signal) : new StateSnapshot(runner, [], 0, undefined, []), transcript);
}

/** Throws `DisposedError` and `StateError`. */
export async function restoreSnapshot({ parts: { runner }, memory, signal, createSequence }: HeldConversation, snapshot: Snapshot): Promise<void> {
  if (!(snapshot instanceof SessionSnapshot) || snapshot.state.runner !== runner) throw new StateError('model', 'The snapshot was taken of a session of another model. Restore it in a session of the model that it is of; save and load carry a state from one load of a checkpoint to another.');
  if (snapshot.state.disposed) throw new DisposedError('snapshot');
  const { state, transcript } = snapshot;
  await state.restore((memory.sequence ??= await createSequence()), signal);
  memory.transcript = transcript;
}

/** A session from `createSession` that goes on from here. */
export async function forkSession(held: HeldConversation, createSession: () => Session): Promise<Session> {
  const snapshot = await takeSnapshot(held);
  try {
    const session = createSession();
    await session.restore(snapshot).catch((error: unknown) => {
      session.dispose();
      throw error;
    });
    return session;
  } finally {
    snapshot.dispose();
  }
}
