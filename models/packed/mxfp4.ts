import { describeFormat } from '../../shaders/dequant/formats.ts';
import { ceilDiv } from '../../shaders/kernel.ts';
import type { ConfigReader } from '../config/config-reader.ts';
import { fp4Codes } from './byte-codes.ts';
import { e8m0Plane } from './fp4-scales.ts';
import { listedModules } from './module-pattern.ts';
import { requireTensor } from './module-tensors.ts';
import type { PackedModule, PackedWeight, Packing } from './packing.ts';

/** MXFP4 with its codes u8 [N, K / 2], low nibble first, and its exponents u8 [N, K / 32] (OCP Microscaling Formats 1.0). */
export function mxfp4Weight(module: PackedModule): PackedWeight {
  const { rows, inputs } = module;
  requireTensor(module, '.weight_packed', { dtypes: ['U8'], shapes: [[rows, ceilDiv(inputs, 2)]] });
  const scales = requireTensor(module, '.weight_scale', { dtypes: ['U8', 'F8_E8M0'], shapes: [[rows, ceilDiv(inputs, 32)]] });
  const converters = new Map([['.weight_packed', fp4Codes(inputs)], ['.weight_scale', e8m0Plane(scales, inputs)]]);
  return { early: [], layout: () => ({ format: describeFormat('mxfp4'), converters }) };
}

/**
 * The experts of gpt-oss (transformers, integrations/mxfp4.py): `…_blocks` u8 [E, rows, K / 32, 16], low nibble first, and `…_scales` u8 [E, rows, K / 32].
 * The rows of all experts are those of one weight.
 */
export function readMxfp4(config: ConfigReader): Packing {
  const listed = listedModules(config, 'modules_to_not_convert');
  return { module: (module) => (listed(module.name) ? undefined : expertsWeight(module)) };
}

function expertsWeight(module: PackedModule): PackedWeight {
  const { rows, inputs } = module;
  // How many experts there are is not known here; both tensors have to agree on it.
  const experts = module.tensors.get('_blocks')?.shape[0] || 1;
  const each = rows / experts;
  requireTensor(module, '_blocks', { dtypes: ['U8'], shapes: [[experts, each, inputs / 32, 16]] });
  const scales = requireTensor(module, '_scales', { dtypes: ['U8'], shapes: [[experts, each, inputs / 32]] });
  const converters = new Map([['_blocks', fp4Codes(inputs)], ['_scales', e8m0Plane(scales, inputs)]]);
  return { early: [], layout: () => ({ format: describeFormat('mxfp4'), converters }) };
}
