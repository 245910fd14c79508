import { ceilDiv } from '../kernel.ts';
import bytes from './codes/bytes.wgsl?raw';
import fp4 from './codes/fp4.wgsl?raw';
import fp8 from './codes/fp8.wgsl?raw';
import int2 from './codes/int2.wgsl?raw';
import int3 from './codes/int3.wgsl?raw';
import int4 from './codes/int4.wgsl?raw';
import int5 from './codes/int5.wgsl?raw';
import int6 from './codes/int6.wgsl?raw';
import int8 from './codes/int8.wgsl?raw';
import iq4 from './codes/iq4.wgsl?raw';
import nf4 from './codes/nf4.wgsl?raw';
import nibblesHigh from './codes/nibbles-high.wgsl?raw';
import nibbles from './codes/nibbles.wgsl?raw';
import { BLOCK, type Plane } from './plane.ts';

/** What stands for a weight before it is scaled: an integer of so many bits, or a code of a table or small float. */
export type CodeName = 'int2' | 'int3' | 'int4' | 'int5' | 'int6' | 'int8' | 'fp4' | 'nf4' | 'iq4' | 'fp8';

export interface CodeDescription {
  readonly planes: readonly Plane[];
  /** The integer that stands for zero where a format does not say otherwise: half the range. 0 for what is no integer. */
  readonly zero: number;
  /** Added to a stored zero point: bytes are signed on the GPU, zero points count from the smallest code. */
  readonly firstZero: number;
  /** WGSL: declares the planes, defines `code_dots` and `code_octet`. Needs `zero_of`. */
  readonly snippet: string;
}

const plane = (name: 'quants' | 'high', bits: number): Plane => ({ name, bytesPerRow: (inputs) => (bits * BLOCK * ceilDiv(inputs, BLOCK)) / 8 });

const four = (values: string): Omit<CodeDescription, 'zero'> => ({ planes: [plane('quants', 4)], firstZero: 0, snippet: `${nibbles}${values}` });
const eight = (values: string): Omit<CodeDescription, 'zero' | 'firstZero'> => ({ planes: [plane('quants', 8)], snippet: `${bytes}${values}` });

export const CODES: Readonly<Record<CodeName, CodeDescription>> = {
  int2: { planes: [plane('quants', 2)], zero: 2, firstZero: 0, snippet: int2 },
  int3: { planes: [plane('quants', 2), plane('high', 1)], zero: 4, firstZero: 0, snippet: int3 },
  int4: { ...four(int4), zero: 8 },
  int5: { planes: [plane('quants', 4), plane('high', 1)], zero: 16, firstZero: 0, snippet: `${int5}${nibblesHigh}` },
  int6: { planes: [plane('quants', 4), plane('high', 2)], zero: 32, firstZero: 0, snippet: `${int6}${nibblesHigh}` },
  int8: { ...eight(int8), zero: 0, firstZero: -128 },
  fp4: { ...four(fp4), zero: 0 },
  nf4: { ...four(nf4), zero: 0 },
  iq4: { ...four(iq4), zero: 0 },
  fp8: { ...eight(fp8), zero: 0, firstZero: 0 },
};
