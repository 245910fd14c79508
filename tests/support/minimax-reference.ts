/** A tensor of the checkpoint, row-major. */
export interface ReferenceTensor {
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
}

export interface MiniMaxShape {
  readonly hidden: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly experts: number;
  readonly perToken: number;
  readonly eps: number;
  readonly theta: number;
  /** Per layer: softmax attention. */
  readonly full: readonly boolean[];
  /** alpha · residual + beta · result */
  readonly alpha: Readonly<Record<'full' | 'linear' | 'mlp', number>>;
  readonly beta: Readonly<Record<'full' | 'linear' | 'mlp', number>>;
  /** Whether the residual is what a norm gives. */
  readonly postnorm: boolean;
}

/** What Lightning Attention multiplies by in a head, for blocks of B tokens. */
export interface Decays {
  /** A query's view of the state at its block's beginning, [B]. */
  readonly query: readonly number[];
  /** A key's share in the state at its block's end, [B]. */
  readonly key: readonly number[];
  /** A query's view of a key so many tokens before it, [B]. */
  readonly distance: readonly number[];
  /** The state from one block to the next. */
  readonly block: number;
}

type Row = number[];

const times = ({ shape: [rows, inputs], values }: ReferenceTensor, x: Row): Row => Array.from({ length: rows }, (_, r) => x.reduce((sum, value, k) => sum + values[r * inputs + k] * value, 0));
const silu = (x: number): number => x / (1 + Math.exp(-x));
const dot = (a: Row, b: Row): number => a.reduce((sum, value, i) => sum + value * b[i], 0);

function norm(x: Row, weight: ReferenceTensor, eps: number): Row {
  const inverse = 1 / Math.sqrt(dot(x, x) / x.length + eps);
  return x.map((value, i) => value * inverse * weight.values[i]);
}

function rotated(x: Row, position: number, theta: number): Row {
  const half = x.length / 2;
  return x.map((value, i) => {
    const angle = position * theta ** ((-2 * (i % half)) / x.length);
    return value * Math.cos(angle) + (i < half ? -x[i + half] : x[i - half]) * Math.sin(angle);
  });
}

/** In blocks, as transformers computes it, so that the rounding of its tables can be had too. */
function lightning(rows: readonly { q: Row; k: Row; v: Row }[], { query, key, distance, block }: Decays): Row[] {
  const size = rows[0].k.length;
  let state = rows[0].k.map(() => rows[0].v.map(() => 0));
  const out: Row[] = [];
  for (let start = 0; start < rows.length; start += distance.length) {
    const those = rows.slice(start, start + distance.length);
    those.forEach(({ q }, i) => {
      const row = state[0].map((_, d) => query[i] * q.reduce((sum, value, c) => sum + value * state[c][d], 0));
      for (let j = 0; j <= i; j++) {
        const score = dot(q, those[j].k) * distance[i - j];
        for (let d = 0; d < size; d++) row[d] += score * those[j].v[d];
      }
      out.push(row);
    });
    const next = state.map((line) => line.map((value) => value * block));
    those.forEach(({ k, v }, j) => next.forEach((line, c) => line.forEach((_, d) => (line[d] += k[c] * key[distance.length - those.length + j] * v[d]))));
    state = next;
  }
  return out;
}

/** MiniMax-Text-01 in float64, straight from transformers' formulas; logits of all tokens, [T, vocabulary]. */
export function minimaxReference(shape: MiniMaxShape, tensor: (name: string) => ReferenceTensor, tokens: readonly number[], decays: (layer: number, head: number) => Decays): Row[] {
  const { hidden, heads, kvHeads, headDim, experts, perToken, eps, theta, full, alpha, beta, postnorm } = shape;
  const embedding = tensor('model.embed_tokens.weight');
  const part = (x: Row, index: number): Row => x.slice(index * headDim, (index + 1) * headDim);
  let x = tokens.map((token) => Array.from({ length: hidden }, (_, i) => embedding.values[token * hidden + i]));

  const softmaxAttention = (prefix: string, rows: readonly Row[]): Row[] => {
    const projected = rows.map((row, t) => {
      const [q, k, v] = ['q', 'k', 'v'].map((name) => times(tensor(`${prefix}.${name}_proj.weight`), row));
      return { q: Array.from({ length: heads }, (_, h) => rotated(part(q, h), t, theta)), k: Array.from({ length: kvHeads }, (_, h) => rotated(part(k, h), t, theta)), v };
    });
    return projected.map(({ q }, t) =>
      q.flatMap((query, h) => {
        const kvHead = Math.floor((h * kvHeads) / heads);
        const scores = projected.slice(0, t + 1).map(({ k }) => dot(query, k[kvHead]) / Math.sqrt(headDim));
        const largest = Math.max(...scores);
        const weights = scores.map((score) => Math.exp(score - largest));
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        return Array.from({ length: headDim }, (_, d) => weights.reduce((sum, weight, s) => sum + (weight / total) * projected[s].v[kvHead * headDim + d], 0));
      }),
    );
  };
  const lightningAttention = (prefix: string, rows: readonly Row[], layer: number): Row[] => {
    const projected = rows.map((row) => times(tensor(`${prefix}.qkv_proj.weight`), row).map(silu));
    const read = Array.from({ length: heads }, (_, h) => lightning(projected.map((row) => ({ q: part(row, 3 * h), k: part(row, 3 * h + 1), v: part(row, 3 * h + 2) })), decays(layer, h)));
    return rows.map((row, t) => {
      const gate = times(tensor(`${prefix}.output_gate.weight`), row);
      return norm(read.flatMap((head) => head[t]), tensor(`${prefix}.norm.weight`), 1e-6).map((value, i) => value / (1 + Math.exp(-gate[i])));
    });
  };
  const mixture = (prefix: string, row: Row): Row => {
    const logits = times(tensor(`${prefix}.gate.weight`), row);
    const chosen = Array.from({ length: experts }, (_, e) => e).sort((a, b) => logits[b] - logits[a]).slice(0, perToken);
    const total = chosen.reduce((sum, e) => sum + Math.exp(logits[e]), 0);
    const outs = chosen.map((e) => {
      const up = times(tensor(`${prefix}.experts.${e}.w3.weight`), row);
      return times(tensor(`${prefix}.experts.${e}.w2.weight`), times(tensor(`${prefix}.experts.${e}.w1.weight`), row).map((gate, i) => silu(gate) * up[i])).map((value) => (value * Math.exp(logits[e])) / total);
    });
    return row.map((_, i) => outs.reduce((sum, out) => sum + out[i], 0));
  };

  full.forEach((isFull, layer) => {
    const prefix = `model.layers.${layer}`;
    const normed = x.map((row) => norm(row, tensor(`${prefix}.input_layernorm.weight`), eps));
    const mixed = isFull ? softmaxAttention(`${prefix}.self_attn`, normed) : lightningAttention(`${prefix}.self_attn`, normed, layer);
    const output = tensor(`${prefix}.self_attn.${isFull ? 'o_proj' : 'out_proj'}.weight`);
    x = mixed.map((row, t) => {
      const [kept, kind] = [(postnorm ? normed : x)[t], isFull ? 'full' : 'linear'] as const;
      const added = times(output, row).map((value, i) => alpha[kind] * kept[i] + beta[kind] * value);
      const forExperts = norm(added, tensor(`${prefix}.post_attention_layernorm.weight`), eps);
      return mixture(`${prefix}.block_sparse_moe`, forExperts).map((value, i) => alpha.mlp * (postnorm ? forExperts : added)[i] + beta.mlp * value);
    });
  });
  return x.map((row) => times(tensor('lm_head.weight'), norm(row, tensor('model.norm.weight'), eps)));
}
