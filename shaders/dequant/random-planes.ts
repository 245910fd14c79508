import type { BufferData } from '../kernel-case.ts';
import { normal, uniform } from '../random.ts';
import { describeFormat, type WeightFormat } from './formats.ts';

function randomBytes(length: number, seed: number, refused: (byte: number) => boolean = () => false): Uint32Array<ArrayBuffer> {
  const next = uniform(seed);
  const bytes = Uint8Array.from({ length }, () => {
    const byte = Math.floor(256 * next());
    return refused(byte) ? 0 : byte;
  });
  return new Uint32Array(bytes.buffer);
}

/** f16 numbers of either sign between 2^-9 and 2^-3, two in a word. */
function randomHalves(bytes: number, seed: number): Uint32Array<ArrayBuffer> {
  const next = uniform(seed);
  const half = (): number => (next() < 0.5 ? 0x8000 : 0) + (6 << 10) + Math.floor(6 * 1024 * next());
  return new Uint32Array(Uint16Array.from({ length: bytes / 2 }, half).buffer);
}

/** A weight [rows, inputs] of random codes, so that every code occurs sooner or later; the padding of K is random too, for kernels must not read it. */
export function randomPlanes(format: WeightFormat, rows: number, inputs: number, seed: number): Record<string, BufferData> {
  return Object.fromEntries(
    describeFormat(format).planes.map(({ name, bytesPerRow }) => {
      const bytes = rows * bytesPerRow(inputs);
      if (format === 'f32') return [name, normal(bytes / 4, seed)];
      if (format === 'f16') return [name, randomHalves(bytes, seed)];
      if (name === 'quants') return [name, randomBytes(bytes, seed, format === 'fp8' ? (byte) => (byte & 0x7f) === 0x7f : undefined)];
      return [name, format === 'fp8' ? normal(rows, seed + 1, 0.01) : randomHalves(bytes, seed + 1)];
    }),
  );
}
