import { BLOCK } from '../../shaders/dequant/plane.ts';
import type { ConfigReader } from '../config/config-reader.ts';
import { UnsupportedQuantizationError } from '../errors/unsupported-quantization-error.ts';
import { fp8Codes } from './byte-codes.ts';
import { listedModules } from './module-pattern.ts';
import { requireTensor } from './module-tensors.ts';
import type { PackedModule, PackedWeight, Packing, RowConverter } from './packing.ts';
import { EACH_ROW, scopedScales, WHOLE_WEIGHT, type ScaleScope } from './scale-scope.ts';

/** E4M3FN `weight` [N, K] with the scales of a scope. They multiply, also where they are called inverse. */
export function fp8Weight(module: PackedModule, suffix: string, scope: ScaleScope): PackedWeight {
  const weight = requireTensor(module, '.weight', { dtypes: ['F8_E4M3'], shapes: [[module.rows, module.inputs]] });
  const { format, scales } = scopedScales(module, suffix, scope, 'fp8');
  const converters = new Map<string, RowConverter>([['.weight', fp8Codes(weight, module.inputs)], [suffix, scales]]);
  return { early: [], layout: () => ({ format, converters }) };
}

/** Without blocks, the scales' shape tells what they are for. */
export function scopeOfScales(module: PackedModule, suffix: string): ScaleScope {
  const shape = module.tensors.get(suffix)?.shape ?? [];
  return shape.some((size) => size > 1) ? EACH_ROW : WHOLE_WEIGHT;
}

function readBlocks(config: ConfigReader): ScaleScope | undefined {
  if (!config.has('weight_block_size')) return undefined;
  const sizes = config.integers('weight_block_size', { min: 1 });
  if (sizes.length !== 2) throw config.error('weight_block_size', 'two sizes, such as [128, 128]');
  const [rows, group] = sizes;
  if (group % BLOCK !== 0) throw new UnsupportedQuantizationError('fp8', `"${config.path}.weight_block_size" has blocks of ${group} columns; multiples of ${BLOCK} are read`);
  return { rows, group };
}

/**
 * FP8 with a scale for each block (DeepSeek-V3, arXiv:2412.19437, section 3.3; transformers' `FineGrainedFP8Config`) in `weight_scale_inv`, or, without
 * `weight_block_size`, for a row or the whole weight, in `weight_scale_inv` or `weight_scale`. `activation_scheme` does not matter: activations stay f32.
 */
export function readFp8(config: ConfigReader): Packing {
  const type = config.string('fmt', { default: 'e4m3' });
  if (type !== 'e4m3' && type !== 'float8_e4m3fn') throw new UnsupportedQuantizationError(`fp8/${type}`, 'the type e4m3 is read');
  const blocks = readBlocks(config);
  const listed = listedModules(config, 'modules_to_not_convert', 'ignored_layers');
  return {
    module: (module) => {
      if (listed(module.name)) return undefined;
      const suffix = !blocks && module.tensors.has('.weight_scale') ? '.weight_scale' : '.weight_scale_inv';
      return fp8Weight(module, suffix, blocks ?? scopeOfScales(module, suffix));
    },
  };
}
