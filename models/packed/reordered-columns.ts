import { BLOCK, type PlaneName } from '../../shaders/dequant/plane.ts';
import { roundUp } from '../../shaders/kernel.ts';
import { wordsOf } from './module-tensors.ts';
import type { RowConverter } from './packing.ts';

/** Where the codes of a row come from: word and bit, for each code in its new place. Padding stays where it is. */
interface Sources {
  readonly bits: number;
  readonly words: Uint32Array;
  readonly shifts: Uint8Array;
}

function sourcesOf(bits: number, order: Uint32Array): Sources {
  const padded = roundUp(order.length, BLOCK);
  const column = (k: number): number => (k < order.length ? order[k] : k);
  return {
    bits,
    words: Uint32Array.from({ length: padded }, (_, k) => Math.floor((column(k) * bits) / 32)),
    shifts: Uint8Array.from({ length: padded }, (_, k) => (column(k) * bits) % 32),
  };
}

function gather(bytes: Uint8Array<ArrayBuffer>, rows: number, { bits, words, shifts }: Sources): Uint8Array<ArrayBuffer> {
  const source = wordsOf(bytes);
  const stride = (words.length * bits) / 32;
  const target = new Int32Array(rows * stride);
  const mask = (1 << bits) - 1;
  // Four rows at a time share the look-up of where a code is; the last of them may be one row several times.
  for (let row = 0; row < rows; row += 4) {
    const a = row * stride;
    const b = Math.min(row + 1, rows - 1) * stride;
    const c = Math.min(row + 2, rows - 1) * stride;
    const d = Math.min(row + 3, rows - 1) * stride;
    for (let word = 0, k = 0; word < stride; word++) {
      let [codesA, codesB, codesC, codesD] = [0, 0, 0, 0];
      for (let to = 0; to < 32; to += bits, k++) {
        const at = words[k];
        const shift = shifts[k];
        codesA |= ((source[a + at] >>> shift) & mask) << to;
        codesB |= ((source[b + at] >>> shift) & mask) << to;
        codesC |= ((source[c + at] >>> shift) & mask) << to;
        codesD |= ((source[d + at] >>> shift) & mask) << to;
      }
      target[a + word] = codesA;
      target[b + word] = codesB;
      target[c + word] = codesC;
      target[d + word] = codesD;
    }
  }
  return new Uint8Array(target.buffer);
}

/**
 * The planes of a converter with their codes in another order.
 *
 * @param bits Of a code in each plane: 1, 2, 4 or 8.
 * @param order Column that becomes input k, [inputs].
 */
export function reorderedColumns(convert: RowConverter, bits: Readonly<Partial<Record<PlaneName, number>>>, order: Uint32Array): RowConverter {
  const sources = new Map(Object.entries(bits).map(([plane, width]) => [plane, sourcesOf(width, order)]));
  return (bytes, first, count) => {
    const planes = Object.entries(convert(bytes, first, count));
    return Object.fromEntries(planes.map(([name, plane]) => {
      const from = sources.get(name);
      return [name, from ? gather(plane, count, from) : plane];
    }));
  };
}
