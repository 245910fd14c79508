/** What sessions fetch when they are asked for their state. */
export { loadSession, saveSession } from './saved-session.ts';
export { restoreSnapshot, takeSnapshot } from './session-snapshot.ts';
