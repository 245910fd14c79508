import type { KvState } from '../../engine/ops/state.ts';
import type { Ops, Tensor } from '../../engine/ops/vocabulary.ts';
import type { ConfigReader } from '../config/config-reader.ts';
import { bySection, oneByOne } from '../weights/row-orders.ts';
import { concatenated, matrix, vector, type Loaded } from '../weights/spec.ts';
import { headGroups, sharedHeadDimension } from './dimensions.ts';

/** Differential attention (arXiv:2410.05258) without positions, as Phi-4-mini-flash has it. */
export interface DifferentialConfig {
  readonly hiddenSize: number;
  /** Heads 2p and 2p + 1 of q are a pair, and heads 2j and 2j + 1 of k and of v. */
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
}

/** Heads of q, k and v. Throws `ConfigError` naming the key. */
export function differentialConfig(c: ConfigReader, hiddenSize: number): DifferentialConfig {
  const heads = c.integer('num_attention_heads', { min: 2, default: 40 });
  // Absent they are 4; null means no sharing.
  const kvHeads = headGroups(c, 'num_key_value_heads', heads, { default: c.keys().includes('num_key_value_heads') ? heads : 4 });
  if (kvHeads % 2 !== 0) throw c.error('num_key_value_heads', 'an even number: heads come in pairs');
  const headDim = sharedHeadDimension(c, 'num_attention_heads', heads, hiddenSize);
  // The values of a pair lie side by side, and attention kernels take up to 256 elements of a value.
  if (headDim > 128) throw c.error('num_attention_heads', `at least ${Math.ceil(hiddenSize / 128)}, so that a head has at most 128 elements`);
  return { hiddenSize, heads, kvHeads, headDim };
}

/** Rows of Wqkv to heads of q that share a key side by side: of all pairs of a pair of keys the first heads, then the second. */
function queriesByKey({ heads, kvHeads, headDim }: DifferentialConfig, keysAndValues: boolean): Uint32Array {
  const pairOfKeys = bySection(heads / kvHeads, [headDim, headDim]);
  const others = Uint32Array.from({ length: keysAndValues ? 2 * kvHeads * headDim : 0 }, (_, i) => i);
  return oneByOne([...Array.from({ length: kvHeads / 2 }, () => pairOfKeys), others]);
}

/** Weights under `prefix`; `stored`: there are queries alone. */
export function differentialWeights(prefix: string, c: DifferentialConfig, stored: boolean) {
  const rows = (c.heads + (stored ? 0 : 2 * c.kvHeads)) * c.headDim;
  const order = queriesByKey(c, !stored);
  const inner = `${prefix}.inner_cross_attn`;
  return {
    projection: matrix(`${prefix}.Wqkv.weight`, rows, c.hiddenSize, { order }),
    projectionBias: vector(`${prefix}.Wqkv.bias`, rows, { order }),
    parameters: concatenated(inner, [
      ...['lambda_q1', 'lambda_k1', 'lambda_q2', 'lambda_k2'].map((name) => vector(`${inner}.${name}`, c.headDim)),
      vector(`${inner}.subln.weight`, 2 * c.headDim),
    ]),
    output: matrix(`${prefix}.out_proj.weight`, c.hiddenSize, c.heads * c.headDim),
    outputBias: vector(`${prefix}.out_proj.bias`, c.hiddenSize),
  };
}

export interface DifferentialPlace {
  /** From 0, of all layers: λ_init grows with it. */
  readonly layer: number;
  readonly state: KvState;
  /** Keys and values are those that an earlier layer left in the state. */
  readonly stored: boolean;
  readonly window?: number | undefined;
}

/** residual + out_proj(attention(normed)). */
export function differentialAttention(ops: Ops, normed: Tensor, residual: Tensor, w: Loaded<ReturnType<typeof differentialWeights>>, c: DifferentialConfig, { layer, state, stored, window }: DifferentialPlace): Tensor {
  const read = ops.differentialAttention(ops.linear(normed, w.projection, { bias: w.projectionBias }), {
    state,
    heads: c.heads,
    scale: c.headDim ** -0.5,
    ...(window !== undefined && { window }),
    ...(stored && { stored }),
    parameters: w.parameters,
    lambdaInit: 0.8 - 0.6 * Math.exp(-0.3 * layer),
    eps: 1e-5,
  });
  return ops.linear(read, w.output, { bias: w.outputBias, residual });
}
