import { SluiceError } from './sluice-error.ts';

/** The prompt does not fit into what is left of the context. Nothing was read, the conversation is as it was. */
export class ContextFullError extends SluiceError {
  readonly code = 'generate/context-full';
  readonly needed: number;
  readonly available: number;
  readonly contextLength: number;

  constructor(needed: number, available: number, contextLength: number) {
    super(`The prompt has ${needed} tokens, but only ${available} of the context's ${contextLength} are left. Shorten it, start a new conversation, or load the model with a larger contextLength.`);
    this.needed = needed;
    this.available = available;
    this.contextLength = contextLength;
  }
}

/** A session runs one generation at a time. */
export class SessionBusyError extends SluiceError {
  readonly code = 'generate/session-busy';

  constructor() {
    super('This session is generating already. Wait for it to end, abort it, or create another session.');
  }
}

/** The model, session or snapshot was disposed of. */
export class DisposedError extends SluiceError {
  readonly code = 'generate/disposed';

  constructor(what: 'model' | 'session' | 'snapshot') {
    super(`This ${what} was disposed of; load or create a new one.`);
  }
}
