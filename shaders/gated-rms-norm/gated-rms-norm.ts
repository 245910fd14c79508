import sigmoidSource from '../common/sigmoid.wgsl?raw';
import { team } from '../common/team.ts';
import { assemble, ceilDiv, f32, roundUp, u32, type Kernel, type Target } from '../kernel.ts';
import source from './gated-rms-norm.wgsl?raw';

export interface GatedRmsNormVariant {
  readonly heads: number;
  readonly headDim: number;
  readonly eps: number;
  /** Row length of the tensor that holds the gate. */
  readonly gateStride: number;
  /** First gate column in it. */
  readonly gateOffset: number;
}

const WORKGROUP = 128;

/**
 * RMSNorm of each head, times weight, times SiLU of a gate: the norm inside the Gated DeltaNet mixer (arXiv:2412.06464,
 * `linear_attn.norm`; the weight multiplies plainly, unlike Qwen3.5's other norms). x and out [T, heads · headDim] with rows
 * padded to a multiple of four, z [T, gateStride], weight [headDim].
 */
export function gatedRmsNorm({ heads, headDim, eps, gateStride, gateOffset }: GatedRmsNormVariant, target: Target): Kernel {
  const { size, features, snippet, label } = team(target);
  if (gateOffset + heads * headDim > gateStride) throw new RangeError(`gatedRmsNorm: columns ${gateOffset}+${heads * headDim} exceed rows of ${gateStride}`);
  return {
    label: `gated-rms-norm/${heads}x${headDim}/${gateOffset}of${gateStride}/${label}`,
    features,
    code: assemble({
      features,
      constants: {
        HEADS: u32(heads),
        HEAD_DIM: u32(headDim),
        STRIDE: u32(roundUp(heads * headDim, 4)),
        GATE_STRIDE: u32(gateStride),
        GATE_OFFSET: u32(gateOffset),
        EPS: f32(eps),
        WORKGROUP: u32(WORKGROUP),
        TEAM: u32(size),
      },
      snippets: [sigmoidSource, snippet],
      source,
    }),
    bindings: [
      { name: 'x', type: 'read' },
      { name: 'z', type: 'read' },
      { name: 'weight', type: 'read' },
      { name: 'out', type: 'write' },
    ],
    workgroups: ({ count }) => [ceilDiv(heads, WORKGROUP / size), count, 1],
  };
}
