import { describeFormat, WEIGHT_FORMATS } from '../dequant/formats.ts';
import { randomPlanes } from '../dequant/random-planes.ts';
import { decodeRows } from '../dequant/reference.ts';
import type { WeightFormat } from '../dequant/weight-format.ts';
import { roundUp } from '../kernel.ts';
import type { KernelCase } from '../kernel-case.ts';
import { normal, uniform } from '../random.ts';
import { embedding, type EmbeddingVariant } from './embedding.ts';
import { embeddingReference } from './reference.ts';

const POSITION = 5;
/** Rows of the whole table that tokens pick from. */
const VOCABULARY = 40;

function embeddingCase(count: number, shape: { readonly format: WeightFormat } & Pick<EmbeddingVariant, 'width'> & Partial<Omit<EmbeddingVariant, 'format'>>): KernelCase {
  const variant: EmbeddingVariant = { rows: VOCABULARY, rowStart: 0, index: 'token', accumulate: false, scale: 1, ...shape, format: describeFormat(shape.format) };
  const { rows, width, index, accumulate } = variant;
  const length = (count + 1) * roundUp(width, 4);
  const kernel = embedding(variant);
  return {
    name: `T=${count} ${kernel.label}`,
    kernels: () => [kernel],
    step: { count, position: POSITION, slotIn: 0, slotOut: 1 },
    inputs: () => {
      const next = uniform(7);
      return {
        ...randomPlanes(shape.format, rows, width, 3),
        ...(index === 'token' ? { tokens: Uint32Array.from({ length: count }, () => Math.floor(VOCABULARY * next())) } : {}),
        ...(accumulate ? { out: normal(length, 5) } : {}),
      };
    },
    ...(accumulate ? {} : { outputs: { out: { type: 'f32', length } } }),
    expected: ({ tokens, out, ...planes }) => {
      const indices = index === 'token' ? [...tokens] : Array.from({ length: count }, (_, t) => POSITION + t);
      return { out: embeddingReference(variant, decodeRows(shape.format, planes, rows, width), indices, out ?? new Float64Array(length).fill(NaN)) };
    },
    tolerance: 1e-7,
  };
}

export const embeddingCases: readonly KernelCase[] = [
  ...WEIGHT_FORMATS.map((format) => embeddingCase(7, { format, width: 513 })),
  embeddingCase(1, { format: 'f32', width: 1 }),
  embeddingCase(2, { format: 'int8', width: 63 }),
  embeddingCase(63, { format: 'int4', width: 100 }),
  embeddingCase(65, { format: 'int8', width: 100, scale: Math.sqrt(100) }),
  embeddingCase(7, { format: 'f16', width: 63, index: 'position', accumulate: true }),
  embeddingCase(7, { format: 'f32', width: 63, index: 'position' }),
  // Chunks of the table: tokens and positions before, in and after it.
  embeddingCase(100, { format: 'int4', width: 100, rows: 13, rowStart: 17 }),
  embeddingCase(7, { format: 'f16', width: 63, rows: 3, rowStart: 7, index: 'position', accumulate: true }),
];
