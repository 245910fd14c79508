import type { ConfigReader } from '../config/config-reader.ts';
import { UnsupportedQuantizationError } from '../errors/unsupported-quantization-error.ts';
import { readAwq } from './awq.ts';
import { readBitsAndBytes } from './bitsandbytes.ts';
import { readCompressedTensors } from './compressed-tensors.ts';
import { readFp8 } from './fp8.ts';
import { readGptq } from './gptq.ts';
import { readModelOpt } from './modelopt.ts';
import { readMxfp4 } from './mxfp4.ts';
import { packedConfig } from './packed-config.ts';
import type { Packing } from './packing.ts';
import { withFactor } from './with-factor.ts';

const METHODS: Readonly<Record<string, (config: ConfigReader) => Packing>> = {
  awq: readAwq,
  bitsandbytes: readBitsAndBytes,
  'compressed-tensors': readCompressedTensors,
  fp8: readFp8,
  gptq: readGptq,
  modelopt: readModelOpt,
  mxfp4: readMxfp4,
};

/**
 * How a checkpoint's linear weights are packed, from its config.json; `undefined` where they are plain numbers. Of what a config says about activations
 * and caches nothing is read: weights are unpacked as they are multiplied, and everything else stays as it is.
 *
 * @throws UnsupportedQuantizationError for a method that is not read; ConfigError for a key that is not what it must be.
 */
export function readPacking(config: ConfigReader): Packing | undefined {
  const packed = packedConfig(config);
  if (!packed) return undefined;
  // What was written before the key existed came from compressed-tensors.
  const method = packed.path.endsWith('compression_config') ? 'compressed-tensors' : packed.string('quant_method');
  const read = Object.hasOwn(METHODS, method) ? METHODS[method] : undefined;
  if (!read) throw new UnsupportedQuantizationError(method, `the methods ${Object.keys(METHODS).join(', ')} are read`);
  const { module } = read(packed);
  // Nothing of the module is there at all: then its plain weight is what is missing.
  return {
    module: (wanted) => {
      const weight = wanted.tensors.size === 0 ? undefined : module(wanted);
      return weight && withFactor(weight, wanted);
    },
  };
}
