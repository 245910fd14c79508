import { parseHeader } from '../../models/safetensors/parse-header.ts';
import { writeSafetensors, type WrittenTensor } from '../support/write-safetensors.ts';

/** Files of a checkpoint in memory, by path. */
export type Folder = Readonly<Record<string, Uint8Array<ArrayBuffer>>>;

export const WEIGHTS = 'model.safetensors';
export const CONFIG = 'config.json';

/** The files of a fixture, such as `arch/llama`. */
export async function fetchFolder(fixture: string, files: readonly string[] = [CONFIG, WEIGHTS]): Promise<Folder> {
  const entries = files.map(async (file) => {
    const response = await fetch(`/tests/fixtures/${fixture}/${file}`);
    if (!response.ok) throw new Error(`${fixture}/${file}: ${response.status}`);
    return [file, await response.bytes()] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** The same folder as a user would choose it in a file dialogue. */
export const toFiles = (folder: Folder): File[] => Object.entries(folder).map(([path, bytes]) => new File([bytes], path));

export const text = (value: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(value);

export const readJson = (folder: Folder, file: string): Record<string, unknown> => JSON.parse(new TextDecoder().decode(folder[file]));

/** With some keys of a JSON file changed; `undefined` removes one. */
export function withJson(folder: Folder, file: string, changes: Readonly<Record<string, unknown>>): Folder {
  return { ...folder, [file]: text(JSON.stringify({ ...readJson(folder, file), ...changes })) };
}

export const withConfig = (folder: Folder, changes: Readonly<Record<string, unknown>>): Folder => withJson(folder, CONFIG, changes);

export function without(folder: Folder, ...files: readonly string[]): Folder {
  return Object.fromEntries(Object.entries(folder).filter(([file]) => !files.includes(file)));
}

/** The tensors of a valid safetensors file, in file order. */
export function readTensors(bytes: Uint8Array<ArrayBuffer>, file = WEIGHTS): WrittenTensor[] {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  return parseHeader(file, bytes.subarray(8, 8 + length), bytes.length).map(({ name, dtype, shape, offset, byteLength }) => ({ name, dtype, shape, bytes: bytes.slice(offset, offset + byteLength) }));
}

/** With other tensors in its weight file. */
export function withTensors(folder: Folder, change: (tensors: readonly WrittenTensor[]) => readonly WrittenTensor[]): Folder {
  return { ...folder, [WEIGHTS]: writeSafetensors(change(readTensors(folder[WEIGHTS]))) };
}

/** With one tensor replaced. */
export function withTensor(folder: Folder, name: string, change: (tensor: WrittenTensor) => WrittenTensor): Folder {
  return withTensors(folder, (tensors) => {
    if (!tensors.some((tensor) => tensor.name === name)) throw new Error(`the fixture has no tensor ${name}`);
    return tensors.map((tensor) => (tensor.name === name ? change(tensor) : tensor));
  });
}

/** A bf16 tensor with one element set. */
export function withElement(tensor: WrittenTensor, index: number, value: number): WrittenTensor {
  if (tensor.dtype !== 'BF16') throw new Error(`${tensor.name} is ${tensor.dtype}`);
  const halves = new Uint16Array(tensor.bytes.slice().buffer);
  halves[index] = new Uint32Array(Float32Array.of(value).buffer)[0] >>> 16;
  return { ...tensor, bytes: new Uint8Array(halves.buffer) };
}
