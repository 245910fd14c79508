import { SluiceError } from '../../engine/errors/sluice-error.ts';

/** The checkpoint lacks what this kind of prompt needs. */
export class PromptError extends SluiceError {
  readonly code = 'generate/prompt';
}
