import { BLOCK } from '../../shaders/dequant/plane.ts';
import type { ConfigReader } from '../config/config-reader.ts';
import { UnsupportedQuantizationError } from '../errors/unsupported-quantization-error.ts';
import { EACH_ROW, WHOLE_WEIGHT, type ScaleScope } from './scale-scope.ts';

/** Formats of compressed-tensors that are read, and what they store: codes of so many bits in words, or one in a byte, or FP4. */
const STORED = {
  'pack-quantized': 'packed',
  'int-quantized': 'bytes',
  'float-quantized': 'bytes',
  'naive-quantized': 'bytes',
  'nvfp4-pack-quantized': 'nvfp4',
  'mxfp4-pack-quantized': 'mxfp4',
} as const;

type CompressedFormat = keyof typeof STORED;

const isRead = (format: string): format is CompressedFormat => Object.hasOwn(STORED, format);

/** Formats that leave weights as plain numbers. */
const PLAIN = ['dense', 'fakequant'];

/** The `weights` of a group of compressed-tensors' config (quantization/quant_args.py), as far as they say how weights are stored. */
export interface CompressedScheme {
  readonly stored: (typeof STORED)[CompressedFormat];
  readonly type: 'int' | 'float';
  readonly bits: number;
  readonly symmetric: boolean;
  readonly scope: ScaleScope;
}

const refuse = (format: string, reason: string): UnsupportedQuantizationError => new UnsupportedQuantizationError(`compressed-tensors/${format}`, reason);

/** "128x128" in older configs, [128, 128] in newer ones. */
function readBlock(weights: ConfigReader): readonly number[] {
  const text = weights.raw('block_structure');
  const sizes = typeof text === 'string' ? text.split('x').map(Number) : weights.integers('block_structure', { min: 1 });
  if (sizes.length !== 2 || !sizes.every((size) => Number.isInteger(size) && size > 0)) throw weights.error('block_structure', 'two sizes, such as [128, 128]');
  return sizes;
}

function readScope(weights: ConfigReader, format: string): ScaleScope {
  const columns = weights.optionalInteger('group_size', { min: -1 });
  const strategy = weights.optionalString('strategy') ?? (columns === undefined ? 'tensor' : columns === -1 ? 'channel' : 'group');
  const scope = (rows: number, group: number): ScaleScope => {
    if (group % BLOCK === 0) return { rows, group };
    throw refuse(format, `"${weights.path}" gives ${group} columns a scale; multiples of ${BLOCK} are read`);
  };
  switch (strategy) {
    case 'tensor':
      return WHOLE_WEIGHT;
    case 'channel':
      return EACH_ROW;
    case 'group':
      return scope(1, weights.integer('group_size', { min: 1 }));
    case 'block': {
      const [rows, group] = readBlock(weights);
      return scope(rows, group);
    }
    default:
      throw refuse(format, `"${weights.path}.strategy" is ${JSON.stringify(strategy)}; tensor, channel, group and block are read`);
  }
}

/** `undefined` for weights that are stored as plain numbers. Throws `ConfigError`, `UnsupportedQuantizationError`. */
export function readScheme(weights: ConfigReader, format: string): CompressedScheme | undefined {
  if (PLAIN.includes(format)) return undefined;
  if (!isRead(format)) throw refuse(format, `the formats ${Object.keys(STORED).join(', ')} are read`);
  const stored = STORED[format];
  const type = weights.oneOf('type', ['int', 'float'], { default: 'int' });
  const bits = weights.integer('num_bits', { min: 1, default: 8 });
  const symmetric = weights.boolean('symmetric', { default: true });
  const columns = { nvfp4: 16, mxfp4: 32, packed: undefined, bytes: undefined }[stored];
  if (columns !== undefined) {
    const size = weights.integer('group_size', { default: columns });
    if (type !== 'float' || bits !== 4 || !symmetric || size !== columns) throw refuse(format, `"${weights.path}" says ${bits} bits of type ${type} in groups of ${size}; symmetric FP4 in groups of ${columns} is read`);
    return { stored, type, bits, symmetric, scope: { rows: 1, group: columns } };
  }
  const known = stored === 'packed' ? type === 'int' && (bits === 4 || bits === 8) : bits === 8 || (type === 'int' && bits === 4);
  if (!known || (type === 'float' && !symmetric)) throw refuse(format, `"${weights.path}" says ${bits} bits of type ${type}${symmetric ? '' : ', asymmetric'}; integers of 4 and 8 bits${stored === 'packed' ? '' : ' and symmetric FP8'} are read`);
  const scope = readScope(weights, format);
  return { stored, type, bits, symmetric, scope };
}
