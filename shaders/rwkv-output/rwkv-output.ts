import sigmoidSource from '../common/sigmoid.wgsl?raw';
import { team } from '../common/team.ts';
import { assemble, ceilDiv, f32, roundUp, u32, type Kernel, type Target } from '../kernel.ts';
import source from './rwkv-output.wgsl?raw';

export interface RwkvOutputVariant {
  readonly heads: number;
  readonly headDim: number;
  readonly eps: number;
}

const WORKGROUP = 128;

/**
 * From what the heads of RWKV-7 read of their states to what is projected out (arXiv:2503.14456, section 4: GroupNorm, bonus, gate).
 * x, rates, gate and out [T, heads · headDim], mixed [T, 3 · heads · headDim] of r, k and v; rows are padded to a multiple of four.
 */
export function rwkvOutput({ heads, headDim, eps }: RwkvOutputVariant, target: Target): Kernel {
  const { size, features, snippet, label } = team(target);
  const width = heads * headDim;
  return {
    label: `rwkv-output/${heads}x${headDim}/${label}`,
    features,
    code: assemble({
      features,
      constants: {
        HEADS: u32(heads),
        HEAD_DIM: u32(headDim),
        STRIDE: u32(roundUp(width, 4)),
        MIXED_STRIDE: u32(roundUp(3 * width, 4)),
        EPS: f32(eps),
        WORKGROUP: u32(WORKGROUP),
        TEAM: u32(size),
      },
      snippets: [sigmoidSource, snippet],
      source,
    }),
    bindings: [
      { name: 'x', type: 'read' },
      { name: 'mixed', type: 'read' },
      { name: 'rates', type: 'read' },
      { name: 'gate', type: 'read' },
      { name: 'parameters', type: 'read' },
      { name: 'out', type: 'write' },
    ],
    workgroups: ({ count }) => [ceilDiv(heads, WORKGROUP / size), count, 1],
  };
}
