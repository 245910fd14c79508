import { groupedFormat } from '../../shaders/dequant/formats.ts';
import { BLOCK } from '../../shaders/dequant/plane.ts';
import type { ConfigReader } from '../config/config-reader.ts';
import { UnsupportedQuantizationError } from '../errors/unsupported-quantization-error.ts';
import { AWQ_NIBBLE, awqCodes } from './awq-codes.ts';
import { listedModules } from './module-pattern.ts';
import { requireTensor, wordsOf } from './module-tensors.ts';
import type { PackedModule, PackedWeight, Packing } from './packing.ts';
import { groupScales, SCALE_DTYPES, scaleType } from './scale-plane.ts';
import { groupsIn } from './scale-scope.ts';
import { zeroPlane, type ZeroReader } from './zero-plane.ts';

/**
 * AWQ as AutoAWQ stores it for its GEMM kernels (github.com/casper-hansen/AutoAWQ, awq/modules/linear/gemm.py): `qweight` i32 [K, N / 8] and `qzeros` i32
 * [K / group, N / 8] with columns in the order of `AWQ_ORDER`, `scales` [K / group, N]. w = scale · (q − zero).
 */
export function readAwq(config: ConfigReader): Packing {
  // GPTQModel calls the version a format; AutoAWQ's own file has other names for the numbers.
  const version = (config.optionalString('version') ?? config.optionalString('checkpoint_format') ?? config.optionalString('format') ?? 'gemm').toLowerCase();
  if (version !== 'gemm') throw new UnsupportedQuantizationError(`awq/${version}`, 'the version "gemm" is read');
  const backend = config.string('backend', { default: 'autoawq' });
  if (backend === 'llm-awq') throw new UnsupportedQuantizationError(`awq/${backend}`, 'what AutoAWQ packs is read');
  const bits = config.integer(config.has('w_bit') ? 'w_bit' : 'bits');
  if (bits !== 4) throw new UnsupportedQuantizationError('awq', `it has ${bits} bits; 4 are read`);
  const columns = config.integer(config.has('q_group_size') ? 'q_group_size' : 'group_size', { min: -1 });
  if (columns === 0 || (columns > 0 && columns % BLOCK !== 0)) throw new UnsupportedQuantizationError('awq', `its groups have ${columns} columns; multiples of ${BLOCK} and -1 are read`);
  const group = columns === -1 ? Infinity : columns;
  const listed = listedModules(config, 'modules_to_not_convert');
  return { module: (module) => (listed(module.name) && !module.tensors.has('.qweight') ? undefined : awqWeight(module, group)) };
}

function awqWeight(module: PackedModule, group: number): PackedWeight {
  const { rows, inputs } = module;
  const groups = groupsIn(inputs, group);
  const width = rows / 8;
  requireTensor(module, '.qweight', { dtypes: ['I32'], shapes: [[inputs, width]] });
  const zeros = requireTensor(module, '.qzeros', { dtypes: ['I32'], shapes: [[groups, width]] });
  const scales = requireTensor(module, '.scales', { dtypes: SCALE_DTYPES, shapes: [[groups, rows]] });
  const type = scaleType(scales, group);
  const readZeros: ZeroReader = (bytes, index, first, target) => {
    const words = wordsOf(bytes);
    for (let i = 0; i < target.length; i++) target[i] = (words[index * width + ((first + i) >> 3)] >>> (4 * AWQ_NIBBLE[(first + i) & 7])) & 15;
  };
  const converters = new Map([
    ['.qweight', awqCodes(rows, inputs)],
    ['.qzeros', zeroPlane(zeros, groups, readZeros)],
    ['.scales', groupScales(scales, group, { groups, rows })],
  ]);
  return { early: [], layout: () => ({ format: groupedFormat('int4', type, group, true), converters }) };
}
