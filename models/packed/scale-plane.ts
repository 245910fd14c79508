import { isInfiniteHalf } from '../../shaders/common/half.ts';
import { roundUp } from '../../shaders/kernel.ts';
import { groupScaleTable } from './group-scale-table.ts';
import type { TensorInfo } from '../checkpoint/tensor-info.ts';
import { toFloat32 } from '../safetensors/to-float32.ts';
import { badValue } from './module-tensors.ts';
import type { RowConverter } from './packing.ts';

export interface ScaleShape {
  /** Scales of a row. */
  readonly groups: number;
  /** The tensor is [groups, rows]. Default: [rows / rowsPerScale, groups]. */
  readonly rows?: number;
  /** Rows of the weight that share a row of scales: Infinity where all do. Default: 1. */
  readonly rowsPerScale?: number;
  /** What becomes of each. Default: itself. */
  readonly map?: (scale: number) => number;
}

/** The dtypes that scales may have. */
export const SCALE_DTYPES = ['F16', 'BF16', 'F32'] as const;

/** Group scales of half precision stay so on the GPU; what a whole row shares is f32, for it costs nothing. */
export const scaleType = ({ dtype }: TensorInfo, group: number): 'f16' | 'f32' => (dtype === 'F32' || group === Infinity ? 'f32' : 'f16');

/** A tensor of plain numbers as the plane `scales` in f32. The converter throws `CheckpointError` for a scale that is not finite. */
export function floatScales(tensor: TensorInfo, { groups, rows, rowsPerScale = 1, map = (scale) => scale }: ScaleShape): RowConverter {
  return (bytes, first, count) => {
    const scales = new Float32Array(count * groups);
    const put = (row: number, group: number, value: number): void => {
      scales[row * groups + group] = map(value);
      if (!Number.isFinite(scales[row * groups + group])) throw badValue(tensor, `holds the scale ${value}; the file is damaged`, first + row);
    };
    if (rows === undefined) {
      const from = Math.floor(first / rowsPerScale);
      const to = Math.floor((first + count - 1) / rowsPerScale) + 1;
      const values = toFloat32(tensor, bytes, from * groups, (to - from) * groups);
      for (let row = 0; row < count; row++) {
        const source = (Math.floor((first + row) / rowsPerScale) - from) * groups;
        for (let group = 0; group < groups; group++) put(row, group, values[source + group]);
      }
    } else {
      for (let group = 0; group < groups; group++) toFloat32(tensor, bytes, group * rows + first, count).forEach((value, row) => put(row, group, value));
    }
    return { scales: new Uint8Array(scales.buffer) };
  };
}

/**
 * A tensor of F16 or BF16 [rows, groups], or [groups, rows] where `rows` is given, as the plane `scales` in f16. The converter throws
 * `CheckpointError` for a scale that is not finite, or too large when it is stored times `GROUP_SCALE_FACTOR`.
 */
function halfScales(tensor: TensorInfo, { groups, rows }: Pick<ScaleShape, 'groups' | 'rows'>): RowConverter {
  const stride = roundUp(groups, 2);
  return (bytes, first, count) => {
    const table = groupScaleTable(tensor.dtype);
    const aligned = bytes.byteOffset % 2 === 0 ? bytes : bytes.slice();
    const halves = new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.length / 2);
    const [start, rowStep, groupStep] = rows === undefined ? [first * groups, groups, 1] : [first, 1, rows];
    const scales = new Uint16Array(count * stride);
    for (let group = 0; group < groups; group++) {
      for (let row = 0; row < count; row++) {
        const code = table[halves[start + row * rowStep + group * groupStep]];
        if (isInfiniteHalf(code)) throw badValue(tensor, 'holds a scale that is too large or not a number', first + row);
        scales[row * stride + group] = code;
      }
    }
    return { scales: new Uint8Array(scales.buffer) };
  };
}

/** The plane `scales` of groups of `group` inputs, in the type that `scaleType` says. */
export function groupScales(tensor: TensorInfo, group: number, shape: Pick<ScaleShape, 'groups' | 'rows'>): RowConverter {
  return scaleType(tensor, group) === 'f16' ? halfScales(tensor, shape) : floatScales(tensor, shape);
}
