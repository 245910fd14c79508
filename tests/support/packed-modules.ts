import { expect } from 'vitest';
import { halfFromNumber } from '../../shaders/common/half.ts';
import { uniform } from '../../shaders/random.ts';
import { decodeRows } from '../../shaders/dequant/reference.ts';
import { ConfigReader } from '../../models/config/config-reader.ts';
import type { PackedLayout, PackedModule } from '../../models/packed/packing.ts';
import { readPacking } from '../../models/packed/read-packing.ts';
import type { TensorInfo } from '../../models/checkpoint/tensor-info.ts';

/** A module with its tensors' contents, by suffix. */
export interface StoredModule {
  readonly module: PackedModule;
  readonly bytes: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
}

/** A tensor's dtype, shape and elements, which are little-endian. */
export type Contents = readonly [dtype: string, shape: readonly number[], elements: ArrayBufferView<ArrayBuffer>];

export const FILE = 'model.safetensors';

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView<ArrayBuffer>): Uint8Array<ArrayBuffer> => new Uint8Array(buffer, byteOffset, byteLength);

/** A module of a checkpoint that exists only here. */
export function storedModule(name: string, rows: number, inputs: number, contents: Readonly<Record<string, Contents>>): StoredModule {
  const tensors = new Map<string, TensorInfo>();
  const bytes = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const [suffix, [dtype, shape, elements]] of Object.entries(contents)) {
    tensors.set(suffix, { name: `${name}${suffix}`, dtype, shape, byteLength: elements.byteLength, file: FILE, offset: 0 });
    bytes.set(suffix, bytesOf(elements));
  }
  return { module: { name, rows, inputs, tensors }, bytes };
}

/** What a config makes of a module. */
export function layoutOf(quantization: object, { module, bytes }: StoredModule): PackedLayout | undefined {
  const weight = readPacking(new ConfigReader({ quantization_config: quantization }, 'config.json'))?.module(module);
  return weight?.layout(new Map(weight.early.map((suffix) => [suffix, contents(bytes, suffix)])));
}

function contents(bytes: StoredModule['bytes'], suffix: string): Uint8Array<ArrayBuffer> {
  const found = bytes.get(suffix);
  if (!found) throw new Error(`a converter wants ${suffix}, which is not there`);
  return found;
}

/** All planes of a layout, converted in slabs of so many rows. Fails where a plane does not come from exactly one tensor. */
export function planesOf({ format, converters }: PackedLayout, { module, bytes }: StoredModule, slab: number): Record<string, Uint8Array<ArrayBuffer>> {
  const { rows, inputs } = module;
  const sizes = new Map(format.planes.map(({ name, bytesPerRow }) => [name, bytesPerRow(inputs)]));
  const planes: Record<string, Uint8Array<ArrayBuffer>> = {};
  const sources = new Map<string, string>();
  for (const [suffix, convert] of converters) {
    for (let first = 0; first < rows; first += slab) {
      const count = Math.min(slab, rows - first);
      for (const [name, part] of Object.entries(convert(contents(bytes, suffix), first, count))) {
        const size = [...sizes].find(([plane]) => plane === name)?.[1];
        if (size === undefined) throw new Error(`${suffix} makes a plane ${name}, which ${format.key} does not have`);
        if ((sources.get(name) ?? suffix) !== suffix) throw new Error(`${suffix} and ${sources.get(name)} both make the plane ${name}`);
        if (part.length !== count * size) throw new Error(`${count} rows of ${name} from ${suffix} are ${part.length} bytes, not ${count * size}`);
        sources.set(name, suffix);
        planes[name] ??= new Uint8Array(rows * size);
        planes[name].set(part, first * size);
      }
    }
  }
  for (const name of sizes.keys()) if (!sources.has(name)) throw new Error(`no tensor makes the plane ${name} of ${format.key}`);
  return planes;
}

/** The weight [rows, inputs] in the checkpoint's order of columns, by way of the planes. */
export function unpacked(quantization: object, stored: StoredModule, slab = 7): Float32Array<ArrayBuffer> {
  const { rows, inputs } = stored.module;
  const layout = layoutOf(quantization, stored);
  if (!layout) throw new Error(`${stored.module.name} is left alone`);
  const values = decodeRows(layout.format.key, planesOf(layout, stored, slab), rows, inputs);
  if (!layout.order) return values;
  const restored = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) for (let k = 0; k < inputs; k++) restored[row * inputs + layout.order[k]] = values[row * inputs + k];
  return restored;
}

/** Index of the first number that is not exactly the same, or −1. */
export const firstDifference = (actual: Float32Array, expected: Float32Array): number => (actual.length === expected.length ? actual.findIndex((value, i) => value !== expected[i]) : 0);

/** Checks that a module unpacks to `expected` [rows, inputs], and that its planes are the same in whatever slabs they are converted. */
export function expectUnpacked(quantization: object, stored: StoredModule, expected: (row: number, k: number) => number): PackedLayout {
  const { rows, inputs } = stored.module;
  const layout = layoutOf(quantization, stored);
  if (!layout) throw new Error(`${stored.module.name} is left alone`);
  const whole = planesOf(layout, stored, rows);
  for (const slab of [1, 3, 8, 13]) expect(planesOf(layout, stored, slab)).toEqual(whole);
  const wanted = new Float32Array(rows * inputs);
  for (let row = 0; row < rows; row++) for (let k = 0; k < inputs; k++) wanted[row * inputs + k] = expected(row, k);
  const actual = unpacked(quantization, stored);
  expect(firstDifference(actual, wanted)).toBe(-1);
  expect(wanted.some((value) => value !== 0)).toBe(true);
  // Padding is multiplied with zeros, which only finite numbers survive.
  const padded = decodeRows(layout.format.key, whole, rows, Math.ceil(inputs / 32) * 32);
  expect(padded.every(Number.isFinite)).toBe(true);
  return layout;
}

/** Codes one after the other in the lowest bits first; each row begins with a new word. */
export function packBits(rows: readonly (readonly number[])[], bits: number): Int32Array<ArrayBuffer> {
  const stride = Math.ceil(((rows[0]?.length ?? 0) * bits) / 32);
  const words = new Int32Array(rows.length * stride);
  rows.forEach((codes, row) => codes.forEach((code, i) => {
    for (let bit = 0; bit < bits; bit++) words[row * stride + ((i * bits + bit) >> 5)] |= ((code >> bit) & 1) << ((i * bits + bit) & 31);
  }));
  return words;
}

/** Rows become columns. */
export const transpose = (rows: readonly (readonly number[])[]): number[][] => rows[0].map((_, i) => rows.map((row) => row[i]));

/** The words [R, C] as [C, R]. */
export function transposeWords(words: Int32Array, columns: number): Int32Array<ArrayBuffer> {
  const rows = words.length / columns;
  return Int32Array.from(words, (_, i) => words[(i % rows) * columns + Math.floor(i / rows)]);
}

/** [rows, columns] whole numbers below `limit`. */
export function randomCodes(rows: number, columns: number, limit: number, seed: number): number[][] {
  const next = uniform(seed);
  return Array.from({ length: rows }, () => Array.from({ length: columns }, () => Math.floor(limit * next())));
}

/** Numbers of either sign whose f32 ends in zeros, so that F16, BF16 and F32 all hold them. */
export function randomScales(rows: number, columns: number, seed: number): number[][] {
  const next = uniform(seed);
  return Array.from({ length: rows }, () => Array.from({ length: columns }, () => (next() < 0.5 ? -1 : 1) * (64 + Math.floor(64 * next())) * 2 ** -(10 + Math.floor(4 * next()))));
}

/** A table of numbers as a tensor's contents. */
export function numbers(rows: readonly (readonly number[])[], dtype: 'F16' | 'BF16' | 'F32', shape: readonly number[] = [rows.length, rows[0].length]): Contents {
  const values = Float32Array.from(rows.flat());
  if (dtype === 'F32') return [dtype, shape, values];
  const bits = new Uint32Array(values.buffer);
  return [dtype, shape, Uint16Array.from(values, (value, i) => (dtype === 'F16' ? halfFromNumber(value) : bits[i] >>> 16))];
}

export const bytesOfText = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

/** The same module with some tensors other or gone. */
export function withContents({ module, bytes }: StoredModule, changes: Readonly<Record<string, Contents | undefined>>): StoredModule {
  const all: Record<string, Contents> = {};
  for (const [suffix, { dtype, shape }] of module.tensors) {
    const elements = bytes.get(suffix);
    if (elements && !(suffix in changes)) all[suffix] = [dtype, shape, elements];
  }
  for (const [suffix, change] of Object.entries(changes)) if (change) all[suffix] = change;
  return storedModule(module.name, module.rows, module.inputs, all);
}

/** The error that reading and converting all of a module throws. */
export function failure(quantization: object, stored: StoredModule): unknown {
  try {
    unpacked(quantization, stored);
  } catch (error) {
    return error;
  }
  return undefined;
}
