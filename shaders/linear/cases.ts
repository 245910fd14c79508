import { GROUPED } from '../dequant/cases.ts';
import { decodeRows } from '../dequant/reference.ts';
import { describeFormat, WEIGHT_FORMATS } from '../dequant/formats.ts';
import { BLOCK } from '../dequant/plane.ts';
import { randomPlanes } from '../dequant/random-planes.ts';
import type { WeightFormat } from '../dequant/weight-format.ts';
import { roundUp, type Kernel, type Target } from '../kernel.ts';
import type { KernelCase } from '../kernel-case.ts';
import { normal, uniform } from '../random.ts';
import { FEW, linearMatrix } from './linear-matrix.ts';
import type { LinearVectorVariant } from './linear-variant.ts';
import { linearVector } from './linear-vector.ts';
import { linearReference } from './reference.ts';

const PLAIN = { rowOffset: 0, bias: false, accumulate: false, activation: 'none' } as const;

type Shape = { readonly format: WeightFormat } & Pick<LinearVectorVariant, 'inputs' | 'outputs'> & Partial<Omit<LinearVectorVariant, 'format'>>;

/** Fills in the stride that a weight of its own would have. */
function variantOf(shape: Shape): LinearVectorVariant {
  const columns = (shape.rowOffset ?? 0) + (shape.gated ? shape.outputs / 2 : shape.outputs);
  return { ...PLAIN, outputStride: roundUp(columns, 4), ...shape, format: describeFormat(shape.format) };
}

/** A permutation of the inputs, then zeros up to whole blocks. */
function randomOrder(inputs: number, seed: number): Uint32Array<ArrayBuffer> {
  const next = uniform(seed);
  const keys = Array.from({ length: inputs }, next);
  const order = new Uint32Array(roundUp(inputs, BLOCK));
  order.set(keys.map((_, k) => k).sort((a, b) => keys[a] - keys[b]));
  return order;
}

function linearCase(kernel: string, build: (target: Target) => Kernel, variant: LinearVectorVariant, count: number, tolerance: number): KernelCase {
  const { format, inputs, outputs, outputStride, norm, bias, biasStart = 0, biasStride = 1, accumulate, multiply, ordered, outputGate } = variant;
  const changesOut = accumulate || multiply === true;
  const stride = roundUp(inputs, 4);
  // One row more than there are tokens: it must stay as it is.
  const length = (count + 1) * outputStride;
  return {
    name: `${kernel} T=${count} ${build({ subgroup: 0 }).label}`,
    kernels: (target) => [build(target)],
    step: { count, position: 3, slotIn: 0, slotOut: 1 },
    inputs: () => {
      const x = normal(count * stride, 1);
      const normWeight = normal(stride, 2);
      for (let token = 0; token < count; token++) x.fill(NaN, token * stride + inputs, (token + 1) * stride);
      normWeight.fill(NaN, inputs);
      return {
        ...randomPlanes(format.key, outputs, inputs, 3),
        x,
        ...(norm ? { norm_weight: normWeight } : {}),
        ...(bias ? { bias: normal(biasStart + outputs * biasStride, 4) } : {}),
        ...(outputGate ? { output_gate: normal(4 * count, 7).map((value, i) => (i % 4 === 0 ? value : NaN)) } : {}),
        ...(ordered ? { order: randomOrder(inputs, 6) } : {}),
        ...(changesOut ? { out: normal(length, 5) } : {}),
      };
    },
    ...(changesOut ? {} : { outputs: { out: { type: 'f32', length } } }),
    expected: ({ x, norm_weight: normWeight, bias: biasValues, order, output_gate: outputGateValues, out, ...planes }) => ({
      out: linearReference(variant, count, {
        x,
        weight: decodeRows(format.key, planes, outputs, inputs),
        out: out ?? new Float64Array(length).fill(NaN),
        ...(normWeight ? { normWeight } : {}),
        ...(biasValues ? { bias: biasValues } : {}),
        ...(order ? { order } : {}),
        ...(outputGateValues ? { outputGate: outputGateValues } : {}),
      }),
    }),
    tolerance,
  };
}

function vectorCase(shape: Shape, team?: KernelCase['team']): KernelCase {
  const variant = variantOf(shape);
  return { ...linearCase('linear-vector', (target) => linearVector(variant, target), variant, 1, 2e-6), ...(team && { team }) };
}

function matrixCase(count: number, shape: Omit<Shape, 'norm'>): KernelCase {
  const variant = variantOf(shape);
  return linearCase('linear-matrix', () => linearMatrix(variant, count <= FEW ? 'few' : 'many'), variant, count, 2e-6);
}

export const linearCases: readonly KernelCase[] = [
  // Every format, over two super-blocks and a group of one weight. How a team adds up is not a matter of formats.
  ...WEIGHT_FORMATS.map((format, i) => vectorCase({ format, inputs: 513, outputs: 37 }, i % 2 === 0 ? 'subgroup' : 'workgroup')),
  ...WEIGHT_FORMATS.map((format, i) => matrixCase([65, 7, 100, 20][i % 4], { format, inputs: 513, outputs: 67 })),
  // Every size: less than a block, parts of one, no whole quads.
  ...(['f32', 'int4'] as const).flatMap((format) => [
    ...[1, 63, 100].map((inputs) => vectorCase({ format, inputs, outputs: 37 })),
    ...[[2, 1], [7, 63], [32, 100], [65, 100]].map(([count, inputs]) => matrixCase(count, { format, inputs, outputs: 67 })),
  ]),
  // Several chunks of x (K > 3,392), and the number of rows that a team takes.
  vectorCase({ format: 'int4', inputs: 7001, outputs: 5 }),
  vectorCase({ format: 'int4', inputs: 5, outputs: 2051, norm: { eps: 1e-6 } }),
  vectorCase({ format: 'int4', inputs: 5, outputs: 33001 }),
  // Several sweeps over x: 2 where a team is 32 wide, none is whole.
  vectorCase({ format: 'int4', inputs: 5, outputs: 2 * 16 * 2048 + 5, norm: { eps: 1e-6 } }),
  // Groups of other sizes, zero points, weights whose columns were sorted.
  ...GROUPED.flatMap((format, i) => [vectorCase({ format, inputs: 513, outputs: 37 }, i % 2 === 0 ? 'workgroup' : 'subgroup'), matrixCase(7, { format, inputs: 513, outputs: 67 })]),
  vectorCase({ format: 'int4:f16:128:zeros', inputs: 321, outputs: 37, ordered: true }),
  vectorCase({ format: 'int4', inputs: 321, outputs: 37, ordered: true, norm: { eps: 1e-6 }, bias: true }),
  matrixCase(7, { format: 'int4:f16:128:zeros', inputs: 321, outputs: 67, ordered: true, bias: true }),
  // Norm in front.
  vectorCase({ format: 'f32', inputs: 100, outputs: 37, norm: { eps: 1e-5 } }),
  vectorCase({ format: 'f16', inputs: 7001, outputs: 5, norm: { eps: 1e-6 }, bias: true }),
  vectorCase({ format: 'int4', inputs: 513, outputs: 38, norm: { eps: 1e-6 }, gated: 'silu' }),
  // Epilogues and row chunks.
  ...[(shape: Omit<Shape, 'norm'>) => vectorCase(shape, 'subgroup'), (shape: Omit<Shape, 'norm'>) => matrixCase(7, shape), (shape: Omit<Shape, 'norm'>) => matrixCase(33, shape)].flatMap((make) => [
    make({ format: 'f32', inputs: 63, outputs: 37, bias: true }),
    make({ format: 'f32', inputs: 63, outputs: 37, activation: 'silu', accumulate: true }),
    make({ format: 'f32', inputs: 63, outputs: 37, activation: 'relu2' }),
    make({ format: 'f32', inputs: 63, outputs: 37, activation: 'sigmoid' }),
    make({ format: 'f16', inputs: 63, outputs: 37, bias: true, activation: 'gelu-tanh' }),
    make({ format: 'f32', inputs: 63, outputs: 37, bias: true, activation: 'gelu' }),
    make({ format: 'int8', inputs: 63, outputs: 37, accumulate: true, outputGate: true, bias: true }),
    make({ format: 'int4', inputs: 63, outputs: 37, multiply: true, bias: true, biasStart: 1, biasStride: 2 }),
    // Values from the first digits of the cap to far beyond it.
    make({ format: 'f32', inputs: 63, outputs: 37, bias: true, scale: 0.7, softCap: 5 }),
    make({ format: 'int8', inputs: 63, outputs: 37, activation: 'silu', scale: -1.5, accumulate: true }),
    make({ format: 'int4', inputs: 100, outputs: 38, gated: 'silu' }),
    make({ format: 'fp8', inputs: 100, outputs: 38, gated: 'gelu-tanh', bias: true }),
    make({ format: 'int4', inputs: 100, outputs: 1030, gated: 'silu', rowOffset: 5, outputStride: 528 }),
    make({ format: 'int4', inputs: 100, outputs: 37, rowOffset: 11, outputStride: 64 }),
    make({ format: 'int8', inputs: 100, outputs: 37, rowOffset: 11, outputStride: 64, accumulate: true, bias: true }),
  ]),
];
