/**
 * Base of every error that Sluice raises on purpose. `code` is stable and meant for programs; the message says what
 * happened, why, and what to do. Cancellation is not one of them: it is the platform's `AbortError`.
 */
export abstract class SluiceError extends Error {
  abstract readonly code: string;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    // Not the class's own name, which a minifier changes.
    this.name = 'SluiceError';
  }
}
