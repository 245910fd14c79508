import stepSource from '../common/step.wgsl?raw';
import { assemble, ceilDiv, u32, type Kernel } from '../kernel.ts';
import source from './select-last-row.wgsl?raw';

const WORKGROUP = 64;

/**
 * Copies the last token's row, so that only it goes through the output matrix. Bindings: `x` f32 [T, roundUp(width, 4)],
 * `out` f32 [1, roundUp(width, 4)], padding included, `step`.
 */
export function selectLastRow({ width }: { readonly width: number }): Kernel {
  const quads = ceilDiv(width, 4);
  return {
    label: `select-last-row/${width}`,
    features: [],
    code: assemble({ constants: { QUADS: u32(quads), WORKGROUP: u32(WORKGROUP) }, snippets: [stepSource], source }),
    bindings: [
      { name: 'x', type: 'read' },
      { name: 'out', type: 'write' },
      { name: 'step', type: 'uniform' },
    ],
    workgroups: () => [ceilDiv(quads, WORKGROUP), 1, 1],
  };
}
