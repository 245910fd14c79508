import { SluiceError } from '../../engine/errors/sluice-error.ts';

/**
 * Why a checkpoint cannot be written quantised: its weights are quantised already, the format has no layout for its matrices, it has none that
 * could be quantised, or nothing is known of where activations could be scaled in its kind of model.
 */
export type CompressionProblem = 'already-quantized' | 'unsupported-layout' | 'nothing-to-quantize' | 'no-scalings';

/** A checkpoint cannot be quantised as was asked. */
export class CompressionError extends SluiceError {
  readonly code: `quantize/${CompressionProblem}`;
  /** The tensor that is at fault, where it is one. */
  readonly tensor: string | undefined;

  constructor(problem: CompressionProblem, message: string, { tensor }: { readonly tensor?: string } = {}) {
    super(tensor === undefined ? message : `Tensor ${JSON.stringify(tensor)}: ${message}`);
    this.code = `quantize/${problem}`;
    this.tensor = tensor;
  }
}
