import type { BufferData } from '../kernel-case.ts';
import { normal, uniform } from '../random.ts';
import { describeFormat } from './formats.ts';
import type { WeightFormat } from './weight-format.ts';
import type { ScaleName } from './scales.ts';

function randomBytes(length: number, seed: number, refused: (byte: number) => boolean = () => false): Uint32Array<ArrayBuffer> {
  const next = uniform(seed);
  const bytes = new Uint8Array(length).map(() => {
    const byte = Math.floor(256 * next());
    return refused(byte) ? 0 : byte;
  });
  return new Uint32Array(bytes.buffer);
}

const isFp8Nan = (byte: number): boolean => (byte & 0x7f) === 0x7f;

/** f16 numbers of either sign between 2^-9 and 2^-3, two in a word. */
function randomHalves(bytes: number, seed: number): Uint32Array<ArrayBuffer> {
  const next = uniform(seed);
  const half = (): number => (next() < 0.5 ? 0x8000 : 0) + (6 << 10) + Math.floor(6 * 1024 * next());
  return new Uint32Array(new Uint16Array(bytes / 2).map(half).buffer);
}

/** Every `period`-th word a pair of halves (every other pair subnormal), the others random bytes. */
function randomSupers(bytes: number, seed: number, period: number): Uint32Array<ArrayBuffer> {
  const words = randomBytes(bytes, seed);
  const halves = randomHalves(bytes, seed + 1);
  for (let i = 0; i < words.length; i += period) words[i] = (i / period) % 2 === 1 ? halves[i] & 0x83ff83ff : halves[i];
  return words;
}

function randomScales(scale: ScaleName, rows: number, bytes: number, seed: number): BufferData {
  const total = rows * bytes;
  switch (scale) {
    case 'f32':
      return normal(total / 4, seed, 0.01);
    case 'f16':
    case 'offset':
      return randomHalves(total, seed);
    case 'e8m0': {
      const codes = Uint8Array.from(new Uint8Array(randomBytes(total, seed).buffer), (byte) => (byte < 4 ? byte : 108 + (byte % 32)));
      return new Uint32Array(codes.buffer);
    }
    case 'nvfp4': {
      const words = randomBytes(total, seed, isFp8Nan);
      const factors = new Uint32Array(normal(rows, seed + 1, 0.01).buffer);
      factors.forEach((factor, row) => (words[(row * bytes) / 4] = factor));
      return words;
    }
    case 'super-32':
      return randomSupers(total, seed, 3);
    case 'super-16':
    case 'super-min-16':
    case 'super-min-32':
      return randomSupers(total, seed, 5);
    default:
      return scale satisfies never;
  }
}

/**
 * A weight [rows, inputs] of random codes, so that every code occurs sooner or later; the padding of K is random too, for kernels must
 * not read it. Zero points are at most 16, which every code allows.
 */
export function randomPlanes(format: WeightFormat, rows: number, inputs: number, seed: number): Record<string, BufferData> {
  const { planes, scheme } = describeFormat(format);
  return Object.fromEntries(
    planes.map(({ name, bytesPerRow }) => {
      const bytes = rows * bytesPerRow(inputs);
      if (!scheme) return [name, format === 'f32' ? normal(bytes / 4, seed) : randomHalves(bytes, seed)];
      if (name === 'scales') return [name, randomScales(scheme.scale, rows, bytesPerRow(inputs), seed + 1)];
      if (name === 'zeros') return [name, randomBytes(bytes, seed + 2, (byte) => byte > 16)];
      return [name, randomBytes(bytes, name === 'quants' ? seed : seed + 3, name === 'quants' && scheme.codes === 'fp8' ? isFp8Nan : undefined)];
    }),
  );
}
