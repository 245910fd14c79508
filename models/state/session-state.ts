/** What sessions fetch when they are asked for their state. */
export { restoreSnapshot, takeSnapshot } from './session-snapshot.ts';
