import { SluiceError } from '../../engine/errors/sluice-error.ts';

/** `invalid`: what was given names no source. `not-found`: it does, but there is no such repository or revision. */
export type SourceProblem = 'invalid' | 'not-found';

/** A model source is not usable as it was given. */
export class SourceError extends SluiceError {
  readonly code: `source/${SourceProblem}`;
  /** The source as the message quotes it. */
  readonly source: string;

  constructor(problem: SourceProblem, source: string, message: string, options?: ErrorOptions) {
    super(`${source}: ${message}`, options);
    this.code = `source/${problem}`;
    this.source = source;
  }
}
