import { SluiceError } from '../../engine/errors/sluice-error.ts';

/** The checkpoint's weights were packed in a way that is not read here. Mostly raised before anything beyond `config.json` is downloaded. */
export class UnsupportedQuantizationError extends SluiceError {
  readonly code = 'load/unsupported-quantization';
  /** `quant_method` of the config, with its `format` where it has one: `gptq`, `compressed-tensors/nvfp4-pack-quantized`. */
  readonly method: string;

  /** @param reason What of it is not understood and what would be, as the end of a sentence. */
  constructor(method: string, reason = 'it is of a kind that is not read here') {
    super(`This checkpoint's weights are packed as "${method}" (quantization_config in config.json), which is not supported: ${reason}. Load the original, unpacked checkpoint; the option "quantize" packs it while loading.`);
    this.method = method;
  }
}
