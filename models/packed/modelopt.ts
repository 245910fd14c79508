import type { ConfigReader } from '../config/config-reader.ts';
import { UnsupportedQuantizationError } from '../errors/unsupported-quantization-error.ts';
import { fp8Weight, scopeOfScales } from './fp8.ts';
import { listedModules } from './module-pattern.ts';
import { nvfp4Weight } from './nvfp4.ts';
import type { PackedModule, PackedWeight, Packing } from './packing.ts';

/**
 * NVIDIA's ModelOpt (github.com/NVIDIA/Model-Optimizer, modelopt/torch/export): `quant_algo` FP8 with `weight_scale`, NVFP4 with `weight` u8
 * [N, K / 2], `weight_scale` e4m3 [N, K / 16] and `weight_scale_2`, which multiplies.
 */
const ALGORITHMS: Readonly<Record<string, (module: PackedModule) => PackedWeight>> = {
  FP8: (module) => fp8Weight(module, '.weight_scale', scopeOfScales(module, '.weight_scale')),
  NVFP4: (module) => nvfp4Weight(module, { codes: '.weight', global: '.weight_scale_2', factorOf: (global) => global }),
};

export function readModelOpt(config: ConfigReader): Packing {
  // hf_quant_config.json has these keys one level deeper; some configs are copies of it.
  const settings = config.optionalObject('quantization') ?? config;
  const name = settings.string('quant_algo');
  const weightOf = Object.hasOwn(ALGORITHMS, name) ? ALGORITHMS[name] : undefined;
  if (!weightOf) throw new UnsupportedQuantizationError(`modelopt/${name}`, `the algorithms ${Object.keys(ALGORITHMS).join(' and ')} are read`);
  const listed = listedModules(settings, 'ignore', 'exclude_modules');
  return { module: (module) => (listed(module.name) ? undefined : weightOf(module)) };
}
