import { groupedFormat } from '../../shaders/dequant/formats.ts';
import { BLOCK } from '../../shaders/dequant/plane.ts';
import { ceilDiv } from '../../shaders/kernel.ts';
import type { ConfigReader } from '../config/config-reader.ts';
import { UnsupportedQuantizationError } from '../errors/unsupported-quantization-error.ts';
import type { TensorInfo } from '../checkpoint/tensor-info.ts';
import { columnCodes } from './column-codes.ts';
import { columnOrder } from './column-order.ts';
import { readDynamic } from './gptq-dynamic.ts';
import { codeName, middle, PLANE_BITS, type Bits } from './integer-codes.ts';
import { listedModules } from './module-pattern.ts';
import { badValue, optionalTensor, requireTensor, wordsOf } from './module-tensors.ts';
import type { PackedModule, PackedWeight, Packing, RowConverter } from './packing.ts';
import { reorderedColumns } from './reordered-columns.ts';
import { groupScales, SCALE_DTYPES, scaleType } from './scale-plane.ts';
import { groupsIn } from './scale-scope.ts';
import { impliedZeros, zeroPlane, type ZeroReader } from './zero-plane.ts';

/** What may differ from module to module. */
interface GptqScheme {
  readonly bits: Bits;
  /** Columns that share a scale and a zero point; Infinity for all of a row. */
  readonly group: number;
  /** Zero points are all in the middle. */
  readonly symmetric: boolean;
  /** Columns may be in another order than their groups. */
  readonly ordered: boolean;
}

const BITS: readonly Bits[] = [2, 3, 4, 8];

function readScheme(config: ConfigReader, { bits, group, symmetric, ordered }: Partial<GptqScheme>): GptqScheme {
  const width = config.integer('bits', { min: 1, ...(bits && { default: bits }) });
  const known = BITS.find((candidate) => candidate === width);
  if (known === undefined) throw new UnsupportedQuantizationError('gptq', `"${config.path}.bits" is ${width}; 2, 3, 4 and 8 are read`);
  const columns = config.integer('group_size', { min: -1, ...(group && { default: group === Infinity ? -1 : group }) });
  if (columns === 0 || (columns > 0 && columns % BLOCK !== 0)) throw new UnsupportedQuantizationError('gptq', `"${config.path}.group_size" is ${columns}; multiples of ${BLOCK} and -1 are read`);
  return {
    bits: known,
    group: columns === -1 ? Infinity : columns,
    // Stored zero points serve either kind, so where the key is absent they are read.
    symmetric: config.boolean('sym', { default: symmetric ?? false }),
    ordered: config.boolean('desc_act', { default: ordered ?? false }),
  };
}

/**
 * GPTQ as AutoGPTQ and GPTQModel store it (github.com/ModelCloud/GPTQModel, gptqmodel/nn_modules/qlinear): `qweight` i32 [K · bits / 32, N], a bit
 * stream down each column; `qzeros` i32 [K / group, N · bits / 32], one along each row; `scales` [K / group, N]; `g_idx` i32 [K].
 * w = scale · (q − zero), where the format `gptq` (v1) stores zero − 1 and `gptq_v2` zero.
 */
export function readGptq(config: ConfigReader): Packing {
  // AutoGPTQ and GPTQModel write both keys, one of them often null.
  const format = config.optionalString('checkpoint_format') ?? config.optionalString('format') ?? (config.boolean('is_marlin_format', { default: false }) ? 'marlin' : 'gptq');
  if (format !== 'gptq' && format !== 'gptq_v2') throw new UnsupportedQuantizationError(`gptq/${format}`, 'the formats "gptq" and "gptq_v2" are read');
  const words = config.string('pack_dtype', { default: 'int32' });
  if (words !== 'int32') throw new UnsupportedQuantizationError('gptq', `"${config.path}.pack_dtype" is ${words}; int32 is read`);
  const firstZero = format === 'gptq' ? 1 : 0;
  const scheme = readScheme(config, {});
  const rules = readDynamic(config, (overrides) => readScheme(overrides, scheme));
  const listed = listedModules(config, 'modules_to_not_convert');
  const head = config.boolean('lm_head', { default: false });
  return {
    module: (module) => {
      const rule = rules(module.name);
      const unpacked = rule === 'skip' || listed(module.name) || (!head && module.name.endsWith('lm_head'));
      if (unpacked && !module.tensors.has('.qweight')) return undefined;
      return gptqWeight(module, rule === 'skip' ? scheme : (rule ?? scheme), firstZero);
    },
  };
}

/** A module whose scales and zero points are those of GPTQ. */
function gptqWeight(module: PackedModule, { bits, group, symmetric, ordered }: GptqScheme, firstZero: number): PackedWeight {
  const { rows, inputs } = module;
  const groups = groupsIn(inputs, group);
  const zeroWords = ceilDiv(rows * bits, 32);
  requireTensor(module, '.qweight', { dtypes: ['I32'], shapes: [[ceilDiv(inputs * bits, 32), rows]] });
  const scales = requireTensor(module, '.scales', { dtypes: SCALE_DTYPES, shapes: [[groups, rows]] });
  const indices = (ordered ? requireTensor : optionalTensor)(module, '.g_idx', { dtypes: ['I32'], shapes: [[inputs]] });
  const zeroKind = { dtypes: ['I32'], shapes: [[groups, zeroWords]] } as const;
  const zeros = symmetric ? optionalTensor(module, '.qzeros', zeroKind) : requireTensor(module, '.qzeros', zeroKind);
  const readZeros = zerosAlongRows(bits, zeroWords, firstZero);
  const type = scaleType(scales, group);
  const others: (readonly [string, RowConverter])[] = [['.scales', groupScales(scales, group, { groups, rows })]];
  if (zeros) others.push(['.qzeros', symmetric ? impliedZeros(zeros, groups, readZeros, middle(bits)) : zeroPlane(zeros, groups, readZeros)]);
  if (indices && !ordered) others.push(['.g_idx', ascending(indices, inputs, group)]);
  const format = groupedFormat(codeName(bits), type, group, !symmetric);
  return {
    // Only act-order's indices have to be known beforehand: they decide where codes go.
    early: indices && ordered ? ['.g_idx'] : [],
    layout: (early) => {
      const bytes = early.get('.g_idx');
      const order = indices && bytes && columnOrder(indices, bytes, inputs, group);
      const codes = columnCodes(bits, rows, inputs);
      return { format, ...(order && { order }), converters: new Map([['.qweight', order ? reorderedColumns(codes, PLANE_BITS[bits], order) : codes], ...others]) };
    },
  };
}

/** Zero points as a bit stream along each row of words [groups, zeroWords]; those of three bits straddle words. */
function zerosAlongRows(bits: Bits, zeroWords: number, firstZero: number): ZeroReader {
  const mask = (1 << bits) - 1;
  return (bytes, group, first, zeros) => {
    const words = wordsOf(bytes);
    for (let i = 0; i < zeros.length; i++) {
      const bit = (first + i) * bits;
      const word = group * zeroWords + (bit >> 5);
      const shift = bit & 31;
      const low = words[word] >>> shift;
      zeros[i] = ((shift + bits > 32 ? low | (words[word + 1] << (32 - shift)) : low) & mask) + firstZero;
    }
  };
}

/** Makes no plane, but throws `CheckpointError` where the columns are not in the order that the config promises. */
function ascending(indices: TensorInfo, inputs: number, group: number): RowConverter {
  return (bytes) => {
    if (columnOrder(indices, bytes, inputs, group)) throw badValue(indices, 'has columns out of the order of their groups, although the quantization_config says "desc_act": false');
    return {};
  };
}
