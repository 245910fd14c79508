import { roundUp } from '../kernel.ts';
import type { KernelCase } from '../kernel-case.ts';
import { normal } from '../random.ts';
import { selectLastRowReference } from './reference.ts';
import { selectLastRow } from './select-last-row.ts';

function selectLastRowCase(count: number, width: number): KernelCase {
  const stride = roundUp(width, 4);
  return {
    name: `select-last-row T=${count} width=${width}`,
    kernels: () => [selectLastRow({ width })],
    step: { count, position: 9, slotIn: 0, slotOut: 1 },
    // One row more than there are tokens, so that the last row of the buffer is the wrong one.
    inputs: () => ({ x: normal((count + 1) * stride, 1) }),
    outputs: { out: { type: 'f32', length: stride } },
    expected: ({ x }) => ({ out: selectLastRowReference(x, count, stride) }),
    tolerance: 0,
  };
}

export const selectRowsCases: readonly KernelCase[] = [selectLastRowCase(1, 1), selectLastRowCase(2, 63), selectLastRowCase(7, 100), selectLastRowCase(65, 513)];
