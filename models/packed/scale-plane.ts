import { isInfiniteHalf } from '../../shaders/common/half.ts';
import { roundUp } from '../../shaders/kernel.ts';
import { groupScaleCode } from '../quant/group-scale.ts';
import type { TensorInfo } from '../checkpoint/tensor-info.ts';
import { toFloat32 } from '../safetensors/to-float32.ts';
import { badValue } from './module-tensors.ts';
import type { RowConverter } from './packing.ts';

export interface ScaleShape {
  /** Rows of the weight that share a row of scales: Infinity where all do. Default: 1. */
  readonly rowsPerScale?: number;
  /** Scales of a row. */
  readonly groups: number;
  /** The tensor is [groups, rows]. Default: [rows, groups]. */
  readonly rows?: number;
  /** What becomes of each. */
  readonly map?: (scale: number) => number;
}

/** The dtypes that scales may have. */
export const SCALE_DTYPES = ['F16', 'BF16', 'F32'] as const;

/** Group scales of half precision stay so on the GPU; what a whole row shares is f32, for it costs nothing. */
export const scaleType = ({ dtype }: TensorInfo, group: number): 'f16' | 'f32' => (dtype === 'F32' || group === Infinity ? 'f32' : 'f16');

/** The numbers of a tensor [groups, rows] for `count` rows, transposed. */
function transposedScales(tensor: TensorInfo, bytes: Uint8Array<ArrayBuffer>, rows: number, groups: number, first: number, count: number): Float32Array {
  const values = new Float32Array(count * groups);
  for (let group = 0; group < groups; group++) {
    const column = toFloat32(tensor, bytes, group * rows + first, count);
    for (let row = 0; row < count; row++) values[row * groups + group] = column[row];
  }
  return values;
}

/** The numbers of a tensor [ceil(N / rowsPerScale), groups] for `count` rows. */
function spreadScales(tensor: TensorInfo, bytes: Uint8Array<ArrayBuffer>, rowsPerScale: number, groups: number, first: number, count: number): Float32Array {
  if (rowsPerScale === 1) return toFloat32(tensor, bytes, first * groups, count * groups);
  const from = Math.floor(first / rowsPerScale);
  const to = Math.floor((first + count - 1) / rowsPerScale) + 1;
  const stored = toFloat32(tensor, bytes, from * groups, (to - from) * groups);
  const values = new Float32Array(count * groups);
  for (let row = 0; row < count; row++) {
    const source = (Math.floor((first + row) / rowsPerScale) - from) * groups;
    values.set(stored.subarray(source, source + groups), row * groups);
  }
  return values;
}

/**
 * A tensor of plain numbers as the plane `scales`, in f16 (times `GROUP_SCALE_FACTOR`) or f32. The converter throws
 * `CheckpointError` for a scale that is not finite, or too large for f16.
 */
export function scalePlane(tensor: TensorInfo, type: 'f16' | 'f32', { rowsPerScale = 1, groups, rows, map }: ScaleShape): RowConverter {
  return (bytes, first, count) => {
    const values = rows === undefined ? spreadScales(tensor, bytes, rowsPerScale, groups, first, count) : transposedScales(tensor, bytes, rows, groups, first, count);
    const stride = type === 'f16' ? roundUp(groups, 2) : groups;
    const plane = type === 'f16' ? new Uint16Array(count * stride) : new Float32Array(count * stride);
    for (let row = 0; row < count; row++) {
      for (let group = 0; group < groups; group++) {
        const value = values[row * groups + group];
        const scale = map ? map(value) : value;
        const stored = type === 'f16' ? groupScaleCode(scale) : Math.fround(scale);
        if (!Number.isFinite(scale)) throw badValue(tensor, `holds the scale ${value}; the file is damaged`, first + row);
        if (type === 'f16' ? isInfiniteHalf(stored) : !Number.isFinite(stored)) throw badValue(tensor, `holds the scale ${value}, which is too large`, first + row);
        plane[row * stride + group] = stored;
      }
    }
    return { scales: new Uint8Array(plane.buffer) };
  };
}
