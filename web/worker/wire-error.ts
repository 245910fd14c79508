/** An error as it crosses the worker boundary: classes do not survive structured cloning, names and codes do. */
export interface WireError {
  readonly name: string;
  readonly code: string;
  readonly message: string;
}

/** An error that was raised in the worker. `name` and `code` are those of the original (`SluiceError.code`, or the error's name). */
export class EngineError extends Error {
  readonly code: string;

  constructor(error: WireError) {
    super(error.message);
    this.name = error.name;
    this.code = error.code;
  }
}

export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

export function toWire(error: unknown): WireError {
  if (!(error instanceof Error)) return { name: 'Error', code: 'unknown', message: String(error) };
  // DOMException has a numeric legacy `code`, which says less than its name.
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  return { name: error.name, code, message: error.message };
}

/** The error again: the platform's `AbortError` for a cancellation, otherwise an `EngineError`. */
export function fromWire(error: WireError): Error {
  return error.name === 'AbortError' ? new DOMException(error.message, 'AbortError') : new EngineError(error);
}
