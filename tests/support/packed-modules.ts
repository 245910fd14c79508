import { decodeRows } from '../../shaders/dequant/reference.ts';
import { describeFormat } from '../../shaders/dequant/formats.ts';
import { ConfigReader } from '../../models/config/config-reader.ts';
import type { PackedLayout, PackedModule } from '../../models/packed/packing.ts';
import { readPacking } from '../../models/packed/read-packing.ts';
import type { TensorInfo } from '../../models/checkpoint/tensor-info.ts';

export interface StoredTensor {
  readonly info: TensorInfo;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

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
  const sizes = new Map(describeFormat(format).planes.map(({ name, bytesPerRow }) => [name, bytesPerRow(inputs)]));
  const planes: Record<string, Uint8Array<ArrayBuffer>> = {};
  const sources = new Map<string, string>();
  for (const [suffix, convert] of converters) {
    for (let first = 0; first < rows; first += slab) {
      const count = Math.min(slab, rows - first);
      for (const [name, part] of Object.entries(convert(contents(bytes, suffix), first, count))) {
        const size = [...sizes].find(([plane]) => plane === name)?.[1];
        if (size === undefined) throw new Error(`${suffix} makes a plane ${name}, which ${format} does not have`);
        if ((sources.get(name) ?? suffix) !== suffix) throw new Error(`${suffix} and ${sources.get(name)} both make the plane ${name}`);
        if (part.length !== count * size) throw new Error(`${count} rows of ${name} from ${suffix} are ${part.length} bytes, not ${count * size}`);
        sources.set(name, suffix);
        planes[name] ??= new Uint8Array(rows * size);
        planes[name].set(part, first * size);
      }
    }
  }
  for (const name of sizes.keys()) if (!sources.has(name)) throw new Error(`no tensor makes the plane ${name} of ${format}`);
  return planes;
}

/** The weight [rows, inputs] in the checkpoint's order of columns, by way of the planes. */
export function unpacked(quantization: object, stored: StoredModule, slab = 7): Float32Array<ArrayBuffer> {
  const { rows, inputs } = stored.module;
  const layout = layoutOf(quantization, stored);
  if (!layout) throw new Error(`${stored.module.name} is left alone`);
  const values = decodeRows(layout.format, planesOf(layout, stored, slab), rows, inputs);
  if (!layout.order) return values;
  const restored = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) for (let k = 0; k < inputs; k++) restored[row * inputs + layout.order[k]] = values[row * inputs + k];
  return restored;
}

/** Index of the first number that is not exactly the same, or −1. */
export const firstDifference = (actual: Float32Array, expected: Float32Array): number => (actual.length === expected.length ? actual.findIndex((value, i) => value !== expected[i]) : 0);
