import type { LinearOptions, Ops, Tensor } from '../../engine/ops/vocabulary.ts';
import { bySection } from '../weights/row-orders.ts';
import { computed, matrix, vector, type Loaded, type MatrixSpec } from '../weights/spec.ts';

/** Lightning Attention as MiniMax has it. */
export interface LightningConfig {
  readonly hiddenSize: number;
  readonly heads: number;
  readonly headDim: number;
}

/** Which layer it is, of how many. */
interface Depth {
  readonly layer: number;
  readonly layers: number;
}

/** Log-decay of each head: −2^(−8(h + 1)/H), weaker from layer to layer. */
function decays(heads: number, { layer, layers }: Depth): Float32Array<ArrayBuffer> {
  const weakened = 1 - layer / (layers - 1 + 1e-5) + 1e-5;
  return Float32Array.from({ length: heads }, (_, h) => -(2 ** ((-8 * (h + 1)) / heads)) * weakened);
}

/** q, k and v take turns by heads in the checkpoint. */
const bySectionOfHeads = (spec: MatrixSpec, { heads, headDim }: LightningConfig): MatrixSpec => ({ ...spec, parts: spec.parts.map((part) => ({ ...part, order: bySection(heads, [headDim, headDim, headDim]) })) });

export function lightningWeights(prefix: string, c: LightningConfig, depth: Depth) {
  const width = c.heads * c.headDim;
  return {
    projection: bySectionOfHeads(matrix(`${prefix}.qkv_proj.weight`, 3 * width, c.hiddenSize), c),
    gate: matrix(`${prefix}.output_gate.weight`, width, c.hiddenSize),
    decays: computed(`${prefix}.decays`, decays(c.heads, depth)),
    norm: vector(`${prefix}.norm.weight`, width),
    output: matrix(`${prefix}.out_proj.weight`, c.hiddenSize, width),
  };
}

/** Linear attention that forgets at a rate of its own in each head (Qin et al. 2024, arXiv:2401.04658), with a sigmoid gate behind a norm whose epsilon no config has. */
export function lightning(ops: Ops, normed: Tensor, w: Loaded<ReturnType<typeof lightningWeights>>, { heads, headDim }: LightningConfig, options: Pick<LinearOptions, 'scale' | 'residual'>): Tensor {
  const gate = ops.linear(normed, w.gate);
  const read = ops.linearAttention(ops.linear(normed, w.projection, { activation: 'silu' }), {
    state: { kind: 'recurrent', heads, keyDim: headDim, valueDim: headDim },
    keyHeads: heads,
    normalised: false,
    scale: 1,
    gating: { kind: 'constant', decays: w.decays },
  });
  return ops.linear(ops.gatedRmsNorm(read, gate, { heads: 1, weight: w.norm, eps: 1e-6, gateOffset: 0, activation: 'sigmoid' }), w.output, options);
}
