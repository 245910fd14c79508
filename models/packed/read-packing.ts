import type { ConfigReader } from '../config/config-reader.ts';
import { UnsupportedQuantizationError } from '../errors/unsupported-quantization-error.ts';
import { readAwq } from './awq.ts';
import { readBitsAndBytes } from './bitsandbytes.ts';
import { readCompressedTensors } from './compressed-tensors.ts';
import { readFp8 } from './fp8.ts';
import { readGptq } from './gptq.ts';
import { readModelOpt } from './modelopt.ts';
import { readMxfp4 } from './mxfp4.ts';
import type { Packing } from './packing.ts';

const METHODS: Readonly<Record<string, (config: ConfigReader) => Packing>> = {
  awq: readAwq,
  bitsandbytes: readBitsAndBytes,
  'compressed-tensors': readCompressedTensors,
  fp8: readFp8,
  gptq: readGptq,
  modelopt: readModelOpt,
  mxfp4: readMxfp4,
};

/** Keys that a packed checkpoint's config says so under; compressed-tensors began with the second. */
const KEYS = ['quantization_config', 'compression_config'] as const;

/** Where the config, or that of a multi-modal model's text part, says how weights are packed. */
function findConfig(config: ConfigReader): ConfigReader | undefined {
  for (const place of [config, config.optionalObject('text_config')]) {
    for (const key of KEYS) {
      const found = place?.optionalObject(key);
      if (found) return found;
    }
  }
  return undefined;
}

/**
 * How a checkpoint's linear weights are packed, from its config.json; `undefined` where they are plain numbers. Of what a config says about activations
 * and caches nothing is read: weights are unpacked as they are multiplied, and everything else stays as it is.
 *
 * @throws UnsupportedQuantizationError for a method that is not read; ConfigError for a key that is not what it must be.
 */
export function readPacking(config: ConfigReader): Packing | undefined {
  const packed = findConfig(config);
  if (!packed) return undefined;
  // What was written before the key existed came from compressed-tensors.
  const method = packed.path.endsWith(KEYS[1]) ? 'compressed-tensors' : packed.string('quant_method');
  const read = Object.hasOwn(METHODS, method) ? METHODS[method] : undefined;
  if (!read) throw new UnsupportedQuantizationError(method, `the methods ${Object.keys(METHODS).join(', ')} are read`);
  const { module } = read(packed);
  // Nothing of the module is there at all: then its plain weight is what is missing.
  return { module: (wanted) => (wanted.tensors.size === 0 ? undefined : module(wanted)) };
}
