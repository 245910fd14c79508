import { SluiceError } from '../../engine/errors/sluice-error.ts';

/** No architecture here reads this `model_type`. Raised before anything beyond `config.json` is downloaded. */
export class UnsupportedModelError extends SluiceError {
  readonly code = 'load/unsupported-model';
  readonly modelType: string;

  constructor(modelType: string, supported: readonly string[]) {
    super(`Models of type "${modelType}" are not supported yet. Supported: ${supported.join(', ')}.`);
    this.modelType = modelType;
  }
}
