import { SluiceError } from '../../engine/errors/sluice-error.ts';

/**
 * Why a chat template gave no text: it is not valid Jinja or has an unusable form (`invalid`), it refused the conversation
 * through `raise_exception` (`refused`), or it failed while it ran (`failed`).
 */
export type ChatTemplateProblem = 'invalid' | 'refused' | 'failed';

/** A checkpoint's chat template could not be compiled, or could not render a conversation. */
export class ChatTemplateError extends SluiceError {
  readonly code = 'chat-template';
  readonly problem: ChatTemplateProblem;
  /** The file that the template comes from. */
  readonly file: string;

  constructor(problem: ChatTemplateProblem, file: string, detail: string, options?: ErrorOptions) {
    super(`${lead(problem, file)}: ${detail}`, options);
    this.problem = problem;
    this.file = file;
  }
}

function lead(problem: ChatTemplateProblem, file: string): string {
  switch (problem) {
    case 'invalid':
      return `The chat template in ${file} cannot be used`;
    case 'refused':
      return `The chat template in ${file} refuses this conversation`;
    case 'failed':
      return `The chat template in ${file} failed on this conversation`;
    default:
      return problem satisfies never;
  }
}
