import { groupedFormat } from '../../shaders/dequant/formats.ts';
import type { ConfigReader } from '../config/config-reader.ts';
import { UnsupportedQuantizationError } from '../errors/unsupported-quantization-error.ts';
import { int8Codes } from './byte-codes.ts';
import { listedModules } from './module-pattern.ts';
import { badValue, optionalTensor, requireTensor } from './module-tensors.ts';
import { nf4Weight } from './nf4.ts';
import type { PackedModule, PackedWeight, Packing, RowConverter } from './packing.ts';
import { floatScales } from './scale-plane.ts';

/** bitsandbytes (github.com/bitsandbytes-foundation/bitsandbytes): NF4, or int8 with a scale for each row. */
export function readBitsAndBytes(config: ConfigReader): Packing {
  const flag = (key: string): boolean => config.boolean(key, { default: config.boolean(`_${key}`, { default: false }) });
  const four = flag('load_in_4bit');
  if (!four && !flag('load_in_8bit')) throw config.error('load_in_4bit', 'true where "load_in_8bit" is not');
  if (four) {
    // Both have defaults of transformers' `BitsAndBytesConfig`.
    const type = config.string('bnb_4bit_quant_type', { default: 'fp4' });
    if (type !== 'nf4') throw new UnsupportedQuantizationError(`bitsandbytes/${type}`, 'nf4 and int8 are read');
    const storage = config.string('bnb_4bit_quant_storage', { default: 'uint8' });
    if (storage !== 'uint8') throw new UnsupportedQuantizationError('bitsandbytes/nf4', `"${config.path}.bnb_4bit_quant_storage" is ${storage}; uint8 is read`);
  }
  const listed = listedModules(config, 'llm_int8_skip_modules');
  return { module: (module) => (listed(module.name) ? undefined : four ? nf4Weight(module) : int8Weight(module)) };
}

/** LLM.int8 (arXiv:2208.07339): `weight` i8 [N, K], `SCB` the largest magnitude of each row. w = q · SCB / 127. */
function int8Weight(module: PackedModule): PackedWeight {
  const { rows, inputs } = module;
  requireTensor(module, '.weight', { dtypes: ['I8'], shapes: [[rows, inputs]] });
  const largest = requireTensor(module, '.SCB', { dtypes: ['F32'], shapes: [[rows]] });
  const arrangement = optionalTensor(module, '.weight_format', { dtypes: ['U8'], shapes: [[], [1]] });
  const converters = new Map<string, RowConverter>([
    ['.weight', int8Codes(inputs)],
    ['.SCB', floatScales(largest, { groups: 1, map: (value) => value / 127 })],
  ]);
  if (arrangement) {
    // 0 is "row"; the others are tiles for some generations of tensor cores.
    converters.set('.weight_format', ([code]) => {
      if (code !== 0) throw badValue(arrangement, `is ${code}: the weight is not stored row by row`);
      return {};
    });
  }
  return { early: [], layout: () => ({ format: groupedFormat('int8', 'f32', Infinity), converters }) };
}
