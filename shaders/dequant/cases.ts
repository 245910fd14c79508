import { assemble, ceilDiv, roundUp, u32, type Kernel } from '../kernel.ts';
import type { BufferData, KernelCase } from '../kernel-case.ts';
import source from './decode.wgsl?raw';
import { describeFormat, WEIGHT_FORMATS } from './formats.ts';
import { formatConstants, type WeightFormat } from './weight-format.ts';
import { BLOCK } from './plane.ts';
import { randomPlanes } from './random-planes.ts';
import { decodeRows } from './reference.ts';

/** Formats that differ from the named ones in their groups and zero points. */
export const GROUPED = ['int4:f16:128', 'int4:f16:64:zeros', 'int8:f16:row', 'int8:f32:128:zeros', 'fp8:f32:128', 'nf4:f32:64', 'int2:f16:32:zeros', 'int3:f16:64:zeros'] as const satisfies readonly WeightFormat[];

function decode(format: WeightFormat, rows: number, inputs: number): Kernel {
  const description = describeFormat(format);
  const { planes, snippet } = description;
  return {
    label: `decode/${format}`,
    features: [],
    code: assemble({ constants: { ...formatConstants(description, inputs), OUT_BINDING: u32(planes.length) }, snippets: [snippet], source }),
    bindings: [...planes.map(({ name }) => ({ name, type: 'read' as const })), { name: 'octets', type: 'write' }, { name: 'dots', type: 'write' }],
    workgroups: () => [ceilDiv(roundUp(inputs, BLOCK) / 8, 64), rows, 1],
  };
}

function decodeCase(format: WeightFormat, name: string, rows: number, inputs: number, planes: () => Record<string, BufferData>): KernelCase {
  const padded = roundUp(inputs, BLOCK);
  const length = rows * padded;
  return {
    name: `decode ${format} ${name}`,
    kernels: () => [decode(format, rows, inputs)],
    inputs: planes,
    outputs: { octets: { type: 'f32', length }, dots: { type: 'f32', length } },
    expected: (inputs) => {
      const values = Float64Array.from(decodeRows(format, inputs, rows, padded));
      return { octets: values, dots: values };
    },
    tolerance: 0,
  };
}

/** Every code of a format once, in each of four rows of 256 weights, with the scales 1, −1, and two awkward ones. */
function allCodes(format: 'int8' | 'int4' | 'fp8'): Record<string, BufferData> {
  const bytes = Uint8Array.from({ length: 4 * (format === 'int4' ? 128 : 256) }, (_, i) => (format === 'fp8' && (i & 0x7f) === 0x7f ? 0 : i));
  const quants = new Uint32Array(bytes.buffer);
  if (format === 'fp8') return { quants, scales: new Float32Array([1, -1, 0.0003, 777.77]) };
  return { quants, scales: new Uint32Array(Uint16Array.from({ length: 32 }, (_, i) => [0x3c00, 0xbc00, 0x2e67, 0x1001][i >> 3]).buffer) };
}

const SHORT = [['f32', 1], ['f16', 63], ['int4', 1], ['int8', 100], ['fp8', 63], ['mxfp4', 63], ['nvfp4', 100], ['q5_1', 63], ['q2_k', 1], ['q3_k', 63], ['q4_k', 100], ['iq4_xs', 63], ['int8:f16:row', 63], ['int3:f16:64:zeros', 100]] as const;

export const dequantCases: readonly KernelCase[] = [
  // Two super-blocks and a group of one weight.
  ...[...WEIGHT_FORMATS, ...GROUPED].map((format) => decodeCase(format, `K=513`, 5, 513, () => randomPlanes(format, 5, 513, 11))),
  // Less than one, in the formats whose rows differ in what they are padded to.
  ...SHORT.map(([format, inputs]) => decodeCase(format, `K=${inputs}`, 5, inputs, () => randomPlanes(format, 5, inputs, 11))),
  ...(['int8', 'int4', 'fp8'] as const).map((format) => decodeCase(format, 'all codes', 4, 256, () => allCodes(format))),
];
