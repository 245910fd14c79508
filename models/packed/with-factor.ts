import { halfToNumber } from '../../shaders/common/half.ts';
import { groupedFormat } from '../../shaders/dequant/formats.ts';
import { groupsOf, GROUP_SCALE_FACTOR } from '../../shaders/dequant/scales.ts';
import type { FormatDescription, Scheme } from '../../shaders/dequant/weight-format.ts';
import { roundUp } from '../../shaders/kernel.ts';
import { UnsupportedQuantizationError } from '../errors/unsupported-quantization-error.ts';
import type { PackedLayout, PackedModule, PackedWeight, RowConverter } from './packing.ts';

/**
 * A packed weight whose rows are multiplied by `module.factorOf`, by way of their scales; the same weight where the module has no factor.
 * Scales in f16 become f32, so that the product is not rounded to their few digits.
 *
 * Its layout throws `UnsupportedQuantizationError` for formats whose scales are powers of two or are themselves scaled (MXFP4, ggml's K-quants).
 */
export function withFactor(weight: PackedWeight, module: PackedModule): PackedWeight {
  const { factorOf } = module;
  return factorOf ? { early: weight.early, layout: (early) => multiplied(weight.layout(early), module, factorOf) } : weight;
}

function multiplied(layout: PackedLayout, { name, inputs }: PackedModule, factorOf: (row: number) => number): PackedLayout {
  const scaling = layout.format.scheme && scalingOf(layout.format, layout.format.scheme, inputs);
  if (!scaling) throw new UnsupportedQuantizationError(layout.format.key, `the config has a multiplier for ${name}, which scales of that kind cannot take up`);
  const converterOf = (convert: RowConverter): RowConverter => (bytes, first, count) => {
    const planes = convert(bytes, first, count);
    return planes.scales ? { ...planes, scales: new Uint8Array(scaling.scales(planes.scales, count, (row) => factorOf(first + row)).buffer) } : planes;
  };
  return { ...layout, format: scaling.format, converters: new Map([...layout.converters].map(([suffix, convert]) => [suffix, converterOf(convert)])) };
}

interface Scaling {
  readonly format: FormatDescription;
  /** The plane `scales` of `count` rows in that format, from the one that the reader made. */
  readonly scales: (plane: Uint8Array<ArrayBuffer>, count: number, factorOf: (row: number) => number) => Float32Array<ArrayBuffer>;
}

function scalingOf(format: FormatDescription, { codes, scale, group, zeros }: Scheme, inputs: number): Scaling | undefined {
  const groups = groupsOf(inputs, group);
  switch (scale) {
    case 'f32':
      return { format, scales: (plane, _, factorOf) => floats(plane).map((value, i) => value * factorOf(Math.floor(i / groups))) };
    case 'f16': {
      const stride = roundUp(groups, 2);
      return {
        format: groupedFormat(codes, 'f32', group, zeros),
        scales: (plane, count, factorOf) => {
          const halves = new Uint16Array(plane.slice().buffer);
          return Float32Array.from({ length: count * groups }, (_, i) => {
            const row = Math.floor(i / groups);
            return (halfToNumber(halves[row * stride + (i % groups)]) / GROUP_SCALE_FACTOR) * factorOf(row);
          });
        },
      };
    }
    case 'nvfp4':
      return {
        format,
        scales: (plane, count, factorOf) => {
          const rows = floats(plane);
          // The scales of a row come after its factor; as floats they are only carried along.
          for (let row = 0; row < count; row++) rows[(row * rows.length) / count] *= factorOf(row);
          return rows;
        },
      };
    default:
      return undefined;
  }
}

const floats = (plane: Uint8Array<ArrayBuffer>): Float32Array<ArrayBuffer> => new Float32Array(plane.slice().buffer);
