import { groupedFormat } from '../../shaders/dequant/formats.ts';
import { BLOCK } from '../../shaders/dequant/plane.ts';
import { ceilDiv } from '../../shaders/kernel.ts';
import { ConfigReader } from '../config/config-reader.ts';
import { UnsupportedQuantizationError } from '../errors/unsupported-quantization-error.ts';
import { parseJson } from '../json/parse-json.ts';
import type { TensorInfo } from '../checkpoint/tensor-info.ts';
import { toFloat32 } from '../safetensors/to-float32.ts';
import { badValue, requireTensor, wordsOf } from './module-tensors.ts';
import type { PackedModule, PackedWeight, RowConverter } from './packing.ts';
import { floatScales } from './scale-plane.ts';

/** The format's values (arXiv:2305.14314, appendix E), which each weight carries along. */
const NF4 = Float32Array.of(
  -1, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334, -0.09105003625154495, 0,
  0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1,
);

const STATE = '.weight.quant_state.bitsandbytes__nf4';
const TABLE = '.weight.quant_map';
const LARGEST = '.weight.absmax';
const NESTED_LARGEST = '.weight.nested_absmax';
const NESTED_TABLE = '.weight.nested_quant_map';

/** The part of `QuantState.as_dict` (bitsandbytes/functional.py) that says how a weight is stored. */
interface QuantState {
  /** Weights that share a scale. */
  readonly block: number;
  readonly nested?: { readonly block: number; readonly offset: number };
}

function readState(tensor: TensorInfo, bytes: Uint8Array<ArrayBuffer>, { name, rows, inputs }: PackedModule): QuantState {
  const state = new ConfigReader(parseJson(new TextDecoder().decode(bytes), `${tensor.file}: ${tensor.name}`), tensor.file, tensor.name);
  const shape = state.integers('shape');
  if (shape.length !== 2 || shape[0] !== rows || shape[1] !== inputs) throw state.error('shape', `[${rows}, ${inputs}]`);
  state.oneOf('quant_type', ['nf4']);
  const block = state.integer('blocksize', { min: 1 });
  if (block % BLOCK !== 0 || inputs % block !== 0) {
    throw new UnsupportedQuantizationError('bitsandbytes/nf4', `${name} has blocks of ${block} weights in rows of ${inputs}; multiples of ${BLOCK} that divide a row are read`);
  }
  if (!state.has('nested_blocksize')) return { block };
  return { block, nested: { block: state.integer('nested_blocksize', { min: 1 }), offset: state.number('nested_offset') } };
}

/**
 * NF4 (arXiv:2305.14314) as bitsandbytes stores it: `weight` u8 [N · K / 2, 1], high nibble first; `absmax` of each block along the rows, f32, or with
 * "double quantisation" u8, `quant_map[absmax] · nested_absmax + offset`.
 */
export function nf4Weight(module: PackedModule): PackedWeight {
  const { rows, inputs } = module;
  requireTensor(module, '.weight', { dtypes: ['U8'], shapes: [[(rows * inputs) / 2, 1]] });
  const state = requireTensor(module, STATE, { dtypes: ['U8'] });
  const table = requireTensor(module, TABLE, { dtypes: ['F32'], shapes: [[16]] });
  const both = [NESTED_TABLE, NESTED_LARGEST];
  const nestedTensors = both.some((suffix) => module.tensors.has(suffix)) ? both : [];
  for (const suffix of nestedTensors) requireTensor(module, suffix, { dtypes: ['F32'] });
  const early = [STATE, TABLE, ...nestedTensors];
  return {
    early,
    layout: (read) => {
      const bytesOf = (suffix: string): Uint8Array<ArrayBuffer> => {
        const bytes = read.get(suffix);
        if (!bytes) throw new RangeError(`${module.name}${suffix} has not been read`);
        return bytes;
      };
      toFloat32(table, bytesOf(TABLE)).forEach((value, code) => {
        if (value !== NF4[code]) throw badValue(table, `has ${value} for the code ${code}, where NF4 has ${NF4[code]}`);
      });
      const { block, nested } = readState(state, bytesOf(STATE), module);
      const groups = inputs / block;
      const blocks = rows * groups;
      let scales: RowConverter;
      if (nested) {
        const codes = requireTensor(module, LARGEST, { dtypes: ['U8'], shapes: [[blocks]] });
        const map = requireTensor(module, NESTED_TABLE, { dtypes: ['F32'], shapes: [[256]] });
        const largest = requireTensor(module, NESTED_LARGEST, { dtypes: ['F32'], shapes: [[ceilDiv(blocks, nested.block)]] });
        scales = nestedScales(codes, groups, finite(map, bytesOf(NESTED_TABLE)), finite(largest, bytesOf(NESTED_LARGEST)), nested);
      } else {
        scales = floatScales(requireTensor(module, LARGEST, { dtypes: ['F32'], shapes: [[blocks]] }), { groups });
      }
      return { format: groupedFormat('nf4', 'f32', block), converters: new Map([['.weight', swappedNibbles(inputs)], [LARGEST, scales]]) };
    },
  };
}

function finite(tensor: TensorInfo, bytes: Uint8Array<ArrayBuffer>): Float32Array {
  const values = toFloat32(tensor, bytes);
  if (!values.every(Number.isFinite)) throw badValue(tensor, 'holds a number that is not finite; the file is damaged');
  return values;
}

function nestedScales(tensor: TensorInfo, groups: number, table: Float32Array, largest: Float32Array, { block, offset }: NonNullable<QuantState['nested']>): RowConverter {
  return (bytes, first, count) => {
    const scales = new Float32Array(count * groups);
    for (let i = 0; i < scales.length; i++) {
      const at = first * groups + i;
      scales[i] = Math.fround(table[bytes[at]] * largest[Math.floor(at / block)]) + offset;
      if (!Number.isFinite(scales[i])) throw badValue(tensor, 'stands for a scale that is not finite; the file is damaged', first + Math.floor(i / groups));
    }
    return { scales: new Uint8Array(scales.buffer) };
  };
}

/** Rows of two codes a byte, the first in the high bits. K is a multiple of 32. */
function swappedNibbles(inputs: number): RowConverter {
  return (bytes, first, count) => {
    const words = wordsOf(bytes.subarray((first * inputs) / 2, ((first + count) * inputs) / 2));
    const quants = new Int32Array(words.length);
    for (let i = 0; i < words.length; i++) quants[i] = ((words[i] & 0x0f0f0f0f) << 4) | ((words[i] >>> 4) & 0x0f0f0f0f);
    return { quants: new Uint8Array(quants.buffer) };
  };
}
