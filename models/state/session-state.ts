import { importModule } from '../../engine/modules/import-module.ts';
import type { HeldConversation } from '../runtime/conversation-memory.ts';

// What sessions fetch when they are asked for their state. Bytes are a script of their own: most that take snapshots do not save them.
export { forkSession, restoreSnapshot, takeSnapshot } from './session-snapshot.ts';

export async function saveSession(held: HeldConversation, signal: AbortSignal | undefined): Promise<Uint8Array<ArrayBuffer>> {
  return (await importModule(() => import('./saved-session.ts'))).saveSession(held, signal);
}

export async function loadSession(held: HeldConversation, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  return (await importModule(() => import('./saved-session.ts'))).loadSession(held, bytes);
}
