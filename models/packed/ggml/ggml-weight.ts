import { describeFormat } from '../../../shaders/dequant/formats.ts';
import { CheckpointError } from '../../errors/checkpoint-error.ts';
import type { PackedModule, PackedWeight, RowConverter } from '../packing.ts';
import { wholeFactor, wholeTensor } from '../whole-factor.ts';
import type { BlockType, PlaneBytes } from './block-writer.ts';
import { IQ4_XS, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K } from './blocks-256.ts';
import { IQ4_NL, MXFP4, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0 } from './blocks-32.ts';
import { NVFP4 } from './nvfp4.ts';

const BLOCK_TYPES: Readonly<Record<string, BlockType>> = { Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_NL, IQ4_XS, MXFP4, NVFP4 };

/** The factor of a whole NVFP4 tensor, which multiplies: one f32. */
const FACTOR = '.weight_scale_2';
/** Bytes before a row's scales: that factor. */
const FACTOR_BYTES = 4;

/** A weight that is one tensor of ggml blocks, under the suffix `.weight`; `undefined` where its dtype is none of theirs. */
export function ggmlWeight(module: PackedModule): PackedWeight | undefined {
  const { tensors, rows, inputs, transposed = false } = module;
  const tensor = tensors.get('.weight');
  const type = tensor && Object.hasOwn(BLOCK_TYPES, tensor.dtype) ? BLOCK_TYPES[tensor.dtype] : undefined;
  if (!tensor || !type) return undefined;
  const { file, name, shape, stored } = tensor;
  const fail = (problem: 'tensor-shape' | 'tensor-values' | 'unsupported-dtype', message: string): CheckpointError => new CheckpointError(problem, message, { file, tensor: name });
  if (shape.length !== 2 || shape[0] !== rows || shape[1] !== inputs) throw fail('tensor-shape', `has shape [${shape.join(', ')}], the config asks for [${rows}, ${inputs}]`);
  if (inputs % type.size !== 0) throw fail('tensor-shape', `has rows of ${inputs} numbers, but ${tensor.dtype} stores blocks of ${type.size}`);
  if (stored?.restore || (stored?.transposed ?? false) !== transposed) throw fail('unsupported-dtype', `is stored as ${tensor.dtype}, which cannot be undone for what it holds; expected F32 or F16`);
  const { columns } = stored ?? {};
  const whole = tensors.has(FACTOR) ? wholeTensor(module, FACTOR) : undefined;
  if (whole && type !== NVFP4) throw new CheckpointError('unexpected-tensor', `is a factor of a tensor in ${tensor.dtype}; NVFP4 alone is read with one`, { file: whole.file, tensor: whole.name });
  return {
    early: whole ? [FACTOR] : [],
    layout: (early) => {
      const factor = whole ? wholeFactor(whole, early.get(FACTOR)) : 1;
      const converter = rowConverter(type, { inputs, rowOf: stored?.rows, factor }, (row) => fail('tensor-values', `has a scale in row ${row} that is not a finite number, or too large; the file is damaged`));
      return { format: describeFormat(type.format), ...(columns && { order: Uint32Array.from(columns) }), converters: new Map([['.weight', converter]]) };
    },
  };
}

interface RowLayout {
  readonly inputs: number;
  /** Row i is row rowOf[i] of the tensor; absent: the same. */
  readonly rowOf: Uint32Array | undefined;
  readonly factor: number;
}

function rowConverter(type: BlockType, { inputs, rowOf, factor }: RowLayout, invalid: (row: number) => Error): RowConverter {
  const blocks = inputs / type.size;
  const strides = Object.fromEntries(describeFormat(type.format).planes.map(({ name, bytesPerRow }) => [name, bytesPerRow(inputs)]));
  const header = type.format === 'nvfp4' ? FACTOR_BYTES : 0;
  return (bytes, first, count) => {
    const plane = (name: keyof PlaneBytes): Uint8Array<ArrayBuffer> => new Uint8Array(count * (strides[name] ?? 0));
    const planes: PlaneBytes = { quants: plane('quants'), high: plane('high'), scales: plane('scales') };
    const to = { quants: 0, high: 0, scales: 0 };
    for (let row = 0; row < count; row++) {
      const source = (rowOf ? rowOf[first + row] : first + row) * blocks * type.bytes;
      to.quants = row * strides.quants;
      to.high = row * (strides.high ?? 0);
      to.scales = row * strides.scales + header;
      if (header > 0) new DataView(planes.scales.buffer).setFloat32(row * strides.scales, factor, true);
      for (let block = 0; block < blocks; block++) {
        if (!type.write(bytes, source + block * type.bytes, planes, to)) throw invalid(first + row);
        to.quants += type.planeBytes.quants;
        to.high += type.planeBytes.high;
        to.scales += type.planeBytes.scales;
      }
    }
    const { quants, high, scales } = planes;
    return type.planeBytes.high > 0 ? { quants, high, scales } : { quants, scales };
  };
}
