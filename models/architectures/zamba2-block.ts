import type { Ops, Tensor } from '../../engine/ops/vocabulary.ts';
import type { Vector } from '../../engine/ops/weight.ts';
import { blockDiagonal } from '../weights/block-diagonal.ts';
import { matrix, stacked, vector, type Loaded } from '../weights/spec.ts';

/** The transformer block of Zamba2 that several layers share, over the hidden state and the embedding side by side. */
export interface SharedBlockConfig {
  readonly hiddenSize: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly intermediateSize: number;
  readonly activation: 'gelu' | 'gelu-tanh' | 'silu';
  readonly eps: number;
  /** On the MLP's projections. */
  readonly bias: boolean;
  /** Whether q, k and v have adapters too. */
  readonly attentionAdapters: boolean;
  readonly adapterRank: number;
}

export function sharedBlockWeights(prefix: string, c: SharedBlockConfig) {
  const [attention, mlp] = [`${prefix}.self_attn`, `${prefix}.feed_forward`];
  const [width, kvWidth] = [c.heads * c.headDim, c.kvHeads * c.headDim];
  return {
    inputNorm: vector(`${prefix}.input_layernorm.weight`, 2 * c.hiddenSize),
    projection: stacked(`${attention}.qkv_proj`, [[`${attention}.q_proj.weight`, width], [`${attention}.k_proj.weight`, kvWidth], [`${attention}.v_proj.weight`, kvWidth]], 2 * c.hiddenSize),
    output: matrix(`${attention}.o_proj.weight`, c.hiddenSize, width),
    mlpNorm: vector(`${prefix}.pre_ff_layernorm.weight`, c.hiddenSize),
    gateUp: matrix(`${mlp}.gate_up_proj.weight`, 2 * c.intermediateSize, c.hiddenSize),
    gateUpBias: c.bias ? vector(`${mlp}.gate_up_proj.bias`, 2 * c.intermediateSize) : undefined,
    down: matrix(`${mlp}.down_proj.weight`, c.hiddenSize, c.intermediateSize),
    downBias: c.bias ? vector(`${mlp}.down_proj.bias`, c.hiddenSize) : undefined,
  };
}

/** What the block's projections have besides in its `use`-th use: products of two low-rank matrices (LoRA, Hu et al. 2021, arXiv:2106.09685). */
export function adapterWeights(prefix: string, use: number, c: SharedBlockConfig) {
  const named = (list: string) => ({ down: `${prefix}.${list}_adapter_list.${use}.0.weight`, up: `${prefix}.${list}_adapter_list.${use}.1.weight` });
  const mlp = named('feed_forward.gate_up_proj');
  const rank = c.adapterRank;
  const parts = (['q', 'k', 'v'] as const).map((name) => ({ ...named(`self_attn.linear_${name}`), rows: (name === 'q' ? c.heads : c.kvHeads) * c.headDim }));
  return {
    attention: c.attentionAdapters
      ? {
          down: stacked(`${prefix}.self_attn.adapters.${use}.0`, parts.map(({ down }) => [down, rank]), 2 * c.hiddenSize),
          up: blockDiagonal(`${prefix}.self_attn.adapters.${use}.1`, parts.map(({ up, rows }) => [up, rows, rank])),
        }
      : undefined,
    mlp: { down: matrix(mlp.down, rank, c.hiddenSize), up: matrix(mlp.up, 2 * c.intermediateSize, rank) },
  };
}

/** down(MLP(attention(norm [hidden | embedding]))), without residuals. */
export function sharedBlock(ops: Ops, joined: Tensor, w: Loaded<ReturnType<typeof sharedBlockWeights>>, adapters: Loaded<ReturnType<typeof adapterWeights>>, c: SharedBlockConfig, rotaryTable: Vector | undefined): Tensor {
  const normed = ops.rmsNorm(joined, w.inputNorm, c.eps);
  const projection = ops.linear(normed, w.projection, adapters.attention ? { residual: ops.linear(ops.linear(normed, adapters.attention.down), adapters.attention.up) } : {});
  const mixed = ops.softmaxAttention(projection, {
    state: { kind: 'kv', kvHeads: c.kvHeads, headDim: c.headDim },
    heads: c.heads,
    // Heads are twice as wide as they would be without the embedding.
    scale: (c.headDim / 2) ** -0.5,
    ...(rotaryTable && { rotary: { table: rotaryTable, rotaryDim: c.headDim } }),
  });
  const forMlp = ops.rmsNorm(ops.linear(mixed, w.output), w.mlpNorm, c.eps);
  const gateUp = ops.linear(forMlp, w.gateUp, { residual: ops.linear(ops.linear(forMlp, adapters.mlp.down), adapters.mlp.up), ...(w.gateUpBias && { bias: w.gateUpBias }) });
  return ops.linear(ops.glu(gateUp, c.activation), w.down, w.downBias ? { bias: w.downBias } : {});
}
