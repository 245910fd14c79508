import type { FeatureMap } from '../../shaders/arrange-heads/arrange-heads.ts';
import type { Activation } from '../../shaders/linear/linear-variant.ts';
import type { ExpertActivation, Scoring } from '../../shaders/moe/variant.ts';
import type { LinearAttention, MemoryConv, SlotScores } from './linear-attention.ts';
import type { ConvState, DiagonalState, KvState, MLstmState, RecurrentState } from './state.ts';
import type { Tensor, TensorColumns } from './tensor.ts';
import type { Vector, Weight } from './weight.ts';

export type { ChannelGating, Gating, HeadGating, LinearAttention, MemoryConv, SlotScores } from './linear-attention.ts';
export type { Tensor, TensorColumns } from './tensor.ts';

export interface LinearOptions {
  readonly bias?: Vector;
  readonly activation?: Activation;
  /** Factor of what the activation gives, before the residual is added. */
  readonly scale?: number;
  /** Added to the result: the residual stream. */
  readonly residual?: Tensor;
  /** The last step: y becomes cap · tanh(y / cap). */
  readonly softCap?: number;
}

export interface GatedMlpOptions {
  /** Of the gate: `silu` makes SwiGLU, `gelu-tanh` GeGLU. */
  readonly activation: 'silu' | 'gelu-tanh';
  /** Factor of the result, before the residual is added. */
  readonly scale?: number;
  readonly residual?: Tensor;
  /** Of gate and up, interleaved like their rows. */
  readonly gateUpBias?: Vector;
  readonly downBias?: Vector;
  /** [T, 1]: the result is multiplied by its sigmoid before the residual is added (Qwen's shared experts). */
  readonly outputGate?: Tensor;
}

export interface SoftmaxAttention {
  readonly state: KvState;
  readonly heads: number;
  readonly scale: number;
  /** Each head of q is stored [q | gate]; the output is multiplied by sigmoid(gate). */
  readonly gated?: boolean;
  /** RMSNorm of q and k before the rotation: of each head with the same weights [headDim], or `whole`, of all heads together with weights for all. */
  readonly qkNorm?: { readonly q: Vector; readonly k: Vector; readonly eps: number; readonly whole?: boolean };
  /** Cosines and sines [context, rotaryDim / 2, 2]; absent: no rotation (NoPE). */
  readonly rotary?: { readonly table: Vector; readonly rotaryDim: number };
  /** A query sees itself and the `window` − 1 tokens before it; absent: all. */
  readonly window?: number;
  /** [heads]: a learnt logit that takes part in each head's softmax without a value. */
  readonly sinks?: Vector;
}

/**
 * Differential attention (arXiv:2410.05258), without rotation: heads come in pairs, whose two softmaxes with two keys weigh the values of both;
 * the one less λ times the other is normalised. λ = exp(q₁·k₁) − exp(q₂·k₂) + λ_init.
 */
export interface DifferentialAttention {
  readonly state: KvState;
  /** Of q: those of one key head are neighbours. Of keys an even number. */
  readonly heads: number;
  readonly scale: number;
  readonly window?: number;
  /** Keys and values are those that another operator files in the state: x holds q alone, [T, heads · headDim] (YOCO, arXiv:2405.05254). */
  readonly stored?: true;
  /** λ's q₁, k₁, q₂ and k₂, each [headDim], then the norm's weight [2 · headDim]. */
  readonly parameters: Vector;
  readonly lambdaInit: number;
  readonly eps: number;
}

/**
 * RAT (arXiv:2507.04416): within chunks of tokens, keys and values of each channel are k ← g k + (1 − g) k_t, g = sigmoid(gate + gateBias);
 * a token attends to what each chunk before its own ended with, and to what its own holds by then. Rotations count chunks.
 */
export interface ChunkAttention {
  /** Of chunks of as many tokens, as wide as x. */
  readonly cache: KvState & { readonly chunk: number };
  /** k and x of the chunk so far: 2 for each channel. */
  readonly state: DiagonalState;
  /** Heads of q and k, which those of the cache take in turns: head h has that of h modulo `groups`. */
  readonly groups: number;
  /** First columns of x and of its gates [heads, headDim], of q and of k [groups, headDim]. */
  readonly columns: { readonly x: number; readonly gate: number; readonly q: number; readonly k: number };
  readonly gateBias: Vector;
  /** Cosines and sines [chunks, headDim / 2, 2]. */
  readonly rotaryTable: Vector;
}

/** Multi-head latent attention (DeepSeek-V2, arXiv:2405.04434), without rotation. Keys and values are cached as they are expanded. */
export interface LatentAttention {
  /** As wide as a key. What is left of a cached value is zeros. */
  readonly state: KvState;
  /** Of q; as many as the state's. */
  readonly heads: number;
  readonly scale: number;
  /** [T, heads · (own part of a key + valueDim)]: per head [k | v]. */
  readonly expanded: Tensor;
  /** What follows a head's own part in the keys of all, from a multiple of 4 on. */
  readonly shared: TensorColumns;
  readonly valueDim: number;
}

export interface ShortConv {
  readonly state: ConvState;
  /** First convolved column of x; default 0. */
  readonly offset?: number;
  /** [channels, kernelSize] */
  readonly weight: Vector;
  readonly bias?: Vector;
  readonly activation: 'silu' | 'none';
  /** x holds the columns [B | C | x] of `channels` each; the result is C ⊙ conv(B ⊙ x) (LFM2). */
  readonly gated?: true;
}

/** Neighbouring heads of a tensor, and what becomes of them. */
export interface HeadSection {
  /** Of the first of them. */
  readonly column: number;
  readonly heads: number;
  /** Elements of a head. */
  readonly dim: number;
  /** Each of them as often, one after the other: for heads that others share. Default: once. */
  readonly times?: number;
  /** Of each element. Default: `none`. */
  readonly activation?: FeatureMap;
  /** Each head is divided by the sum of its activated elements. */
  readonly overSum?: true;
  /** As many neighbours in a head become one, their mean, unless heads are rotated. */
  readonly pool?: number;
  /** Cosines and sines [context, dim / 2, 2], by which whole heads are rotated in the end; absent: no rotation. */
  readonly rotaryTable?: Vector;
}

/** x + weight ⊙ (towards − x). */
export interface Interpolation {
  /** As many of its columns as are interpolated. */
  readonly towards: TensorColumns;
  /** One weight a channel, from element `first` on; or the sigmoids of a tensor, for as many columns of x from `column` on, in place. */
  readonly by: { readonly weights: Vector; readonly first: number } | { readonly logits: Tensor; readonly column: number };
}

/** What stands between RWKV-7's states and the output matrix (arXiv:2503.14456): GroupNorm, the bonus (Σ r · k̃ · r_k) v of each head, and a gate. */
export interface RwkvOutput {
  readonly heads: number;
  /** Of the norm. */
  readonly eps: number;
  /** [r | k | v], each as wide as x. */
  readonly mixed: Tensor;
  /** [T, width of x]: the logits of a, for k̃. */
  readonly rate: Tensor;
  /** [T, width of x]: multiplies the result as it is. */
  readonly gate: Tensor;
  /** [5, width of x]: k_k (which is not read), k_a, r_k, and the norm's weight and bias. */
  readonly parameters: Vector;
}

/**
 * Gated linear attention over Hedgehog's features, normalised (Lizard, arXiv:2507.09025): per head with φ(x) = [softmax(W x) | softmax(−W x)],
 * o = Σ_j D_j (φ(q)·φ(k_j)) v_j / Σ_j D_j (φ(q)·φ(k_j)), where D_j is the product of the gates since token j, one a token for all heads.
 */
export interface HedgehogAttention {
  /** Of q's heads; keys are features, values have 4 elements more than v: a sum of weights, and padding. */
  readonly state: RecurrentState;
  /** Of k and v, which heads of q share evenly: those of one are neighbours. */
  readonly kvHeads: number;
  /** [features / 2, elements of a head] */
  readonly queryMap: Vector;
  readonly keyMap: Vector;
  /** Before its sigmoid. */
  readonly gate: TensorColumns;
  /** Of the sum of weights. */
  readonly least: number;
  /** A factor [1] of this, as wide as the result, is added. */
  readonly added: Tensor;
  readonly factor: Vector;
}

export interface GatedRmsNorm {
  /** Parts of x that are normalised by themselves. */
  readonly heads: number;
  /** [width of a head], the same for all, or [width of x]. Absent, and `eps` too: no norm, x is only gated. */
  readonly weight?: Vector;
  readonly eps?: number;
  /** LayerNorm without a bias rather than RMSNorm. */
  readonly centred?: boolean;
  /** First column of the gate in its tensor. */
  readonly gateOffset: number;
  /** Of the gate; default `silu`. `none`: there is no gate, and what stands for it is not looked at. */
  readonly activation?: 'silu' | 'sigmoid' | 'none';
  /** Whether x is normalised and then gated, or the gated x is normalised; default `norm-first`. */
  readonly order?: 'norm-first' | 'gate-first';
}

export interface SelectiveScan {
  readonly state: DiagonalState;
  /** [T, channels]: step sizes Δ before their softplus. */
  readonly steps: Tensor;
  /** B and C in the columns [B: stateSize | C: stateSize] from `mixOffset` on. */
  readonly mix: Tensor;
  readonly mixOffset: number;
  /** RMSNorm of B and of C (Jamba); absent: none. */
  readonly norm?: { readonly eps: number };
  /** [A = −exp(A_log): channels · stateSize | D: channels], then where there are norms the weights [of B: stateSize | of C: stateSize]. */
  readonly parameters: Vector;
  /** z, of which the output is multiplied by silu, in `channels` columns. Absent: it is not. */
  readonly gate?: TensorColumns;
}

export interface RgLru {
  readonly state: DiagonalState;
  /** Blocks of the gates' block-diagonal matrices. */
  readonly heads: number;
  /** [2, heads, headDim inputs, headDim]: of the input gate, of the recurrence gate. */
  readonly gateWeights: Vector;
  /** [3, channels]: their biases, then −8 softplus(Λ). */
  readonly parameters: Vector;
  /** Of the output, in `channels` columns from `gateOffset` on, before its gelu. */
  readonly gate: Tensor;
  readonly gateOffset: number;
}

/** HGRN (arXiv:2311.04823): h ← α h + (1 − α) silu(i) for each channel, α = l + (1 − l) sigmoid(f). */
export interface Hgrn {
  readonly state: DiagonalState;
  /** First columns of f and i. */
  readonly columns: { readonly forget: number; readonly input: number };
  /** l of every layer, [layers, channels]. */
  readonly lowerBounds: Vector;
  /** Which of them is this one. */
  readonly layer: number;
}

export interface MLstm {
  readonly state: MLstmState;
  /** The raw gates in the columns [i: heads | f: heads], capped to ± `gateCap` by tanh. */
  readonly gates: Tensor;
  readonly gateCap: number;
  /** Added to the divisor of the output. */
  readonly eps: number;
}

/** Experts of which each token takes `topK`. All of a kind are in one matrix, one below the other. */
export interface Moe {
  readonly topK: number;
  /** Its outputs are the experts' logits. */
  readonly router: Weight;
  readonly routerBias?: Vector;
  readonly scoring: Scoring<Vector>;
  /** Rows of each expert alternate gate, up; where the activation takes no gate they are up alone. */
  readonly gateUp: Weight;
  /** [experts, rows of one], as the rows of `gateUp`. */
  readonly gateUpBias?: Vector;
  readonly down: Weight;
  /** [experts, rows of one] */
  readonly downBias?: Vector;
  readonly activation: ExpertActivation;
  readonly residual?: Tensor;
  /** What the experts are given, where it is not what the router is given. */
  readonly input?: Tensor;
}

/** What a model file may say. The operators are coarse, so that a backend may fuse behind them. */
export interface Ops {
  /** Rows of the table for the step's tokens: [T, width]. */
  embedding(table: Weight): Tensor;
  /** x plus the table's row at each token's absolute position (learned positions, GPT-2). */
  positionEmbedding(x: Tensor, table: Weight): Tensor;
  /** x Wᵀ, then bias, activation, scale, residual and soft cap, in this order. */
  linear(x: Tensor, weight: Weight, options?: LinearOptions): Tensor;
  /** Columns [x₀ W₀ᵀ | x₁ W₁ᵀ | …]: products of several inputs side by side. */
  linearEach(factors: readonly { readonly x: Tensor; readonly weight: Weight }[]): Tensor;
  /** down(act(gate x) ⊙ up x); the rows of `gateUp` alternate gate, up. */
  gatedMlp(x: Tensor, gateUp: Weight, down: Weight, options: GatedMlpOptions): Tensor;
  /** residual + Σ weight · down(act(gate x, up x)) over the experts that the router gives each token by x (Shazeer et al. 2017, arXiv:1701.06538). */
  moe(x: Tensor, moe: Moe): Tensor;
  /** Factor · x. */
  scale(x: Tensor, factor: number): Tensor;
  /** residual + x. */
  add(x: Tensor, residual: Tensor): Tensor;
  /** Columns [a | b]. */
  concatenate(a: Tensor, b: Tensor): Tensor;
  /** Softmax of each of `parts` equal parts of x, or of `width` columns of it from `column` on. */
  softmax(x: Tensor, options: { readonly parts: number; readonly column?: number; readonly width?: number }): Tensor;
  /** x, drawn towards something else, channel by channel. */
  interpolate(x: Tensor, interpolation: Interpolation): Tensor;
  /** Columns of x section by section, in another order or number, mapped to features or rotated: what mixers have that kernels of linear attention do not. */
  arrangeHeads(x: Tensor, sections: readonly HeadSection[]): Tensor;
  /** Columns [gate | up] become activation(gate) ⊙ up: where they are a sum of products; else `gatedMlp`. */
  glu(x: Tensor, activation: Activation): Tensor;
  /** Of the first columns of x where the weight is shorter than its rows. With a `residual`, residual + norm(x): a norm behind a mixer or an MLP. */
  rmsNorm(x: Tensor, weight: Vector, eps: number, options?: { readonly residual?: Tensor }): Tensor;
  layerNorm(x: Tensor, weight: Vector, bias: Vector, eps: number): Tensor;
  /** Causal attention over the state and this step; `projection` holds the columns [q | k | v]. Gives [T, heads · headDim]. */
  softmaxAttention(projection: Tensor, attention: SoftmaxAttention): Tensor;
  /** A recurrence within chunks and attention across them. Gives [T, heads · headDim]. */
  chunkAttention(projection: Tensor, attention: ChunkAttention): Tensor;
  /** Causal attention over the state and this step; x holds the columns [q | k | v], or q alone. Gives [T, heads · headDim], each pair's two heads in one. */
  differentialAttention(x: Tensor, attention: DifferentialAttention): Tensor;
  /** Softmax attention for the heads of `query` [T, heads · headDim], with keys and values from elsewhere. Gives [T, heads · valueDim]. */
  latentAttention(query: Tensor, attention: LatentAttention): Tensor;
  /** Depthwise causal convolution of `channels` columns of x. */
  shortConv(x: Tensor, conv: ShortConv): Tensor;
  /** Attention whose state is a matrix a head; `mixed` holds q, k and v. Gives [T, heads · valueDim]. */
  linearAttention(mixed: Tensor, attention: LinearAttention): Tensor;
  /** How well what slots hold suits q; `mixed` begins with the columns [q | k], `state.heads` heads each. Gives [T, heads · slots]. */
  slotScores(mixed: Tensor, attention: SlotScores): Tensor;
  /** Weights of each token's memories: a softmax over the `topK` largest of its logits and 0 for the others; `shared`: one more memory, whose weight is 1. */
  routeMemories(logits: Tensor, options: { readonly topK: number; readonly shared: boolean }): Tensor;
  /**
   * x holds q, then k, v, and b and a of a gated delta rule. Gives [q | k | v | b | a], each of all memories one after the other: the former convolved over
   * the memory's own tokens, with SiLU; for other tokens what leaves a state as it is.
   */
  memoryConv(x: Tensor, routes: Tensor, conv: MemoryConv): Tensor;
  /** What is read of all memories, one after the other, summed with the weights of `routes`. */
  combineMemories(x: Tensor, routes: Tensor): Tensor;
  /** Linear attention with learnt features; `projection` holds the columns [q | k | v]. Gives [T, heads of q · their elements]. */
  hedgehogAttention(projection: Tensor, attention: HedgehogAttention): Tensor;
  /** RMSNorm of each head of x and a gate as wide as x. */
  gatedRmsNorm(x: Tensor, gate: Tensor, norm: GatedRmsNorm): Tensor;
  /** From what the heads of RWKV-7 read of their states to what is projected out. */
  rwkvOutput(x: Tensor, output: RwkvOutput): Tensor;
  /** Selective state space of Mamba (arXiv:2312.00752) over x [T, channels]. */
  selectiveScan(x: Tensor, scan: SelectiveScan): Tensor;
  /** Real-gated linear recurrent unit of Griffin (arXiv:2402.19427) over x [T, channels], the output times gelu(gate). */
  rgLru(x: Tensor, lru: RgLru): Tensor;
  /** Gated recurrence whose f and i are columns of x. Gives h, [T, channels]. */
  hgrn(x: Tensor, hgrn: Hgrn): Tensor;
  /** mLSTM of xLSTM (arXiv:2405.04517), stabilised; `mixed` begins with the columns [q | k | v], q is scaled by keyDim^−1/2. Gives [T, heads · valueDim]. */
  mLstm(mixed: Tensor, lstm: MLstm): Tensor;
  /** The rows whose logits are wanted; the last one when generating. Everything after it works on these alone: what it reads of before goes through here too. */
  outputRows(x: Tensor): Tensor;
}
