import { SluiceError } from '../../engine/errors/sluice-error.ts';

/**
 * - `not-a-state`: the bytes are something else
 * - `version`: written by another version of the engine
 * - `damaged`: cut off, or not as they were written
 * - `model`: of another checkpoint, or of another model's session
 * - `precision`: of the same checkpoint, stored or quantised in another way
 * - `context`: longer than what the model was loaded for
 */
export type StateErrorReason = 'not-a-state' | 'version' | 'damaged' | 'model' | 'precision' | 'context';

/** A snapshot or a saved state cannot become this session's. The session is as it was. */
export class StateError extends SluiceError {
  readonly code = 'state';
  readonly reason: StateErrorReason;

  constructor(reason: StateErrorReason, message: string) {
    super(message);
    this.reason = reason;
  }
}
