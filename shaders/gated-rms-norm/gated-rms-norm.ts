import reduceWorkgroupSource from '../common/reduce-workgroup.wgsl?raw';
import sigmoidSource from '../common/sigmoid.wgsl?raw';
import { team, type Team } from '../common/team.ts';
import { assemble, ceilDiv, f32, roundUp, u32, type Binding, type Kernel, type Target } from '../kernel.ts';
import noGateSource from './activation-none.wgsl?raw';
import sigmoidGateSource from './activation-sigmoid.wgsl?raw';
import siluGateSource from './activation-silu.wgsl?raw';
import meanSource from './centre-mean.wgsl?raw';
import noCentreSource from './centre-none.wgsl?raw';
import source from './gated-rms-norm.wgsl?raw';
import noNormSource from './norm-none.wgsl?raw';
import rmsNormSource from './norm-rms.wgsl?raw';
import gateFirstSource from './order-gate-first.wgsl?raw';
import normFirstSource from './order-norm-first.wgsl?raw';

export interface GatedRmsNormVariant {
  /** Parts of a row that are normalised by themselves. */
  readonly heads: number;
  readonly headDim: number;
  /** Absent: no norm. `perHead`: each head has weights of its own. `centred`: LayerNorm without a bias rather than RMSNorm. */
  readonly norm?: { readonly eps: number; readonly perHead: boolean; readonly centred: boolean };
  /** Of the gate; `none` where there is none: z may then be anything of its size. */
  readonly activation: 'silu' | 'sigmoid' | 'none';
  readonly order: 'norm-first' | 'gate-first';
  /** Row length of the tensor that holds the gate. */
  readonly gateStride: number;
  /** First gate column in it. */
  readonly gateOffset: number;
}

const WORKGROUP = 128;
/** From here on a whole workgroup reduces a head, rather than a few of its invocations. */
const WIDE_HEAD = 512;
const WHOLE: Team = { size: WORKGROUP, features: [], snippet: reduceWorkgroupSource, label: 'whole' };

const ACTIVATIONS = { silu: siluGateSource, sigmoid: sigmoidGateSource, none: noGateSource };
const ORDERS = { 'norm-first': normFirstSource, 'gate-first': gateFirstSource };

/**
 * RMSNorm of each head, times weight, times a gate: the norm inside the Gated DeltaNet mixer (arXiv:2412.06464, `linear_attn.norm`; the
 * weight multiplies plainly, unlike Qwen3.5's other norms), and with the gate first that of Mamba-2 (arXiv:2405.21060, `MambaRMSNormGated`
 * of transformers); centred that of an mLSTM (`xLSTMMultiHeadLayerNorm`). x and out [T, heads · headDim] with rows padded to a multiple of four, z [T, gateStride], weight [headDim] or [heads · headDim].
 */
export function gatedRmsNorm({ heads, headDim, norm, activation, order, gateStride, gateOffset }: GatedRmsNormVariant, target: Target): Kernel {
  const { size, features, snippet, label } = headDim >= WIDE_HEAD ? WHOLE : team(target);
  if (gateOffset + heads * headDim > gateStride) throw new RangeError(`gatedRmsNorm: columns ${gateOffset}+${heads * headDim} exceed rows of ${gateStride}`);
  const form = norm ? `${order}${norm.centred ? '/centred' : ''}${norm.perHead ? '/per-head' : ''}` : 'no-norm';
  const weight: readonly Binding[] = norm ? [{ name: 'weight', type: 'read' }] : [];
  return {
    label: `gated-rms-norm/${heads}x${headDim}/${gateOffset}of${gateStride}/${activation}/${form}/${label}`,
    features,
    code: assemble({
      features,
      constants: {
        HEADS: u32(heads),
        HEAD_DIM: u32(headDim),
        STRIDE: u32(roundUp(heads * headDim, 4)),
        GATE_STRIDE: u32(gateStride),
        GATE_OFFSET: u32(gateOffset),
        WEIGHT_HEADS: u32(norm?.perHead ? heads : 1),
        EPS: f32(norm?.eps ?? 0),
        WORKGROUP: u32(WORKGROUP),
        TEAM: u32(size),
      },
      snippets: [sigmoidSource, snippet, ACTIVATIONS[activation], ORDERS[order], norm?.centred ? meanSource : noCentreSource, norm ? rmsNormSource : noNormSource],
      source,
    }),
    bindings: [{ name: 'x', type: 'read' }, { name: 'z', type: 'read' }, { name: 'out', type: 'write' }, ...weight],
    workgroups: ({ count }) => [ceilDiv(heads, WORKGROUP / size), count, 1],
  };
}
