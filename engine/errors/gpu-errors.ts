import { SluiceError } from './sluice-error.ts';

/** The browser offers no usable WebGPU adapter. `reason` says which step failed. */
export class WebGpuUnavailableError extends SluiceError {
  readonly code = 'gpu/unavailable';
  readonly reason: 'no-api' | 'no-adapter' | 'limits';

  constructor(reason: WebGpuUnavailableError['reason'], message: string) {
    super(message);
    this.reason = reason;
  }
}

/** The GPU was taken away: driver reset, sleep, or too long a submission. Buffers are gone; the model must be loaded again. */
export class DeviceLostError extends SluiceError {
  readonly code = 'gpu/device-lost';

  constructor(detail: string) {
    super(`The GPU device was lost (${detail || 'no reason given'}). Load the model again to continue.`);
  }
}

/** A buffer could not be allocated. */
export class GpuOutOfMemoryError extends SluiceError {
  readonly code = 'gpu/out-of-memory';
  readonly bytes: number;

  constructor(what: string, bytes: number) {
    super(`The GPU has no room for ${what} (${Math.ceil(bytes / 1e6)} MB). Use a smaller model, stronger quantisation or a shorter context.`);
    this.bytes = bytes;
  }
}

/** WebGPU refused something that this engine did: a fault of the engine or the driver, never of the input. */
export class GpuValidationError extends SluiceError {
  readonly code = 'gpu/validation';

  constructor(what: string, detail: string) {
    super(`WebGPU refused ${what}: ${detail}`);
  }
}
