import { halfToNumber } from '../../shaders/common/half.ts';
import { BLOCK } from '../../shaders/dequant/plane.ts';
import { GROUP_SCALE_FACTOR } from '../../shaders/dequant/scales.ts';
import { packRows } from '../quant/pack-rows.ts';
import type { Dtype } from '../safetensors/dtypes.ts';

/** What matrices can be written as. */
export type CompressedFormat = 'int4' | 'int8' | 'fp8';

/** A tensor as it will be written. */
export interface OutputTensor {
  readonly name: string;
  readonly dtype: Dtype | (string & {});
  readonly shape: readonly number[];
  readonly byteLength: number;
}

/** Whether rows of so many inputs can be written: groups have to be whole. */
export const fitsFormat = (format: CompressedFormat, inputs: number): boolean => format === 'fp8' || inputs % BLOCK === 0;

/**
 * The tensors that compressed-tensors keeps the matrix `<module>.weight` [outputs, inputs] in (https://github.com/vllm-project/compressed-tensors):
 * `pack-quantized` for int4 and int8, 8 or 4 codes in a word, the first in the lowest bits; `float-quantized` for fp8.
 */
export function compressedTensors(module: string, format: CompressedFormat, outputs: number, inputs: number): OutputTensor[] {
  const tensor = (suffix: string, dtype: Dtype, shape: readonly number[], byteLength: number): OutputTensor => ({ name: `${module}.${suffix}`, dtype, shape, byteLength });
  if (format === 'fp8') return [tensor('weight', 'F8_E4M3', [outputs, inputs], outputs * inputs), tensor('weight_scale', 'F32', [outputs, 1], 4 * outputs)];
  const words = inputs / (format === 'int4' ? 8 : 4);
  const groups = inputs / BLOCK;
  return [
    tensor('weight_packed', 'I32', [outputs, words], 4 * outputs * words),
    // Scales of groups have 8 significant bits (`chosenScaleCode`), so bfloat16 holds them exactly.
    tensor('weight_scale', 'BF16', [outputs, groups], 2 * outputs * groups),
    tensor('weight_shape', 'I64', [2], 16),
  ];
}

/** Weights that are converted at a time, which bounds the memory beside the tensor itself. */
const SLAB = 2 ** 22;

/**
 * The bytes of `compressedTensors`, in their order, packed as while loading (`packRows`). `rowsOf` gives rows [count, inputs] from row `start`.
 * Throws `UnpackableWeightError`, whose row counts from `start`, through `explain`.
 */
export function compressMatrix(
  format: CompressedFormat,
  outputs: number,
  inputs: number,
  rowsOf: (start: number, count: number) => Float32Array,
  explain: (error: unknown, start: number) => unknown,
): Uint8Array<ArrayBuffer>[] {
  const [quants, scales, ...rest] = compressedTensors('', format, outputs, inputs).map(({ byteLength }) => new Uint8Array(byteLength));
  const rowsPerSlab = Math.max(1, Math.floor(SLAB / inputs));
  for (let start = 0; start < outputs; start += rowsPerSlab) {
    const count = Math.min(rowsPerSlab, outputs - start);
    let planes: Record<string, Uint8Array<ArrayBuffer>>;
    try {
      planes = packRows(format, rowsOf(start, count), count, inputs);
    } catch (error) {
      throw explain(error, start);
    }
    quants.set(codesOf(format, planes.quants, count, inputs), (start * quants.length) / outputs);
    scales.set(format === 'fp8' ? planes.scales : groupScales(planes.scales, count, inputs), (start * scales.length) / outputs);
  }
  const [shape] = rest;
  if (shape) new BigInt64Array(shape.buffer).set([BigInt(outputs), BigInt(inputs)]);
  return rest.length > 0 ? [quants, scales, shape] : [quants, scales];
}

/** The engine's plane without the padding of its rows; codes of int8 are stored as q + 128, those of int4 are offset there as here. */
function codesOf(format: CompressedFormat, plane: Uint8Array<ArrayBuffer>, rows: number, inputs: number): Uint8Array<ArrayBuffer> {
  if (format !== 'fp8') return format === 'int8' ? plane.map((byte) => byte ^ 0x80) : plane;
  const stride = plane.length / rows;
  if (stride === inputs) return plane;
  const codes = new Uint8Array(rows * inputs);
  for (let row = 0; row < rows; row++) codes.set(plane.subarray(row * stride, row * stride + inputs), row * inputs);
  return codes;
}

/** Scales of the engine's plane, f16 with a factor and rows padded to words, as bfloat16 [rows, inputs / 32]. */
function groupScales(plane: Uint8Array<ArrayBuffer>, rows: number, inputs: number): Uint8Array<ArrayBuffer> {
  const codes = new Uint16Array(plane.buffer, plane.byteOffset, plane.length / 2);
  const groups = inputs / BLOCK;
  const stride = codes.length / rows;
  const floats = Float32Array.from({ length: rows * groups }, (_, i) => halfToNumber(codes[Math.floor(i / groups) * stride + (i % groups)]) / GROUP_SCALE_FACTOR);
  return new Uint8Array(Uint16Array.from(new Uint32Array(floats.buffer), (bits) => bits >>> 16).buffer);
}
