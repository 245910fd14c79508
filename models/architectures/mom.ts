import type { Ops, Tensor } from '../../engine/ops/vocabulary.ts';
import type { ConfigReader } from '../config/config-reader.ts';
import { concatenated, matrix, stacked, vector, type Loaded } from '../weights/spec.ts';
import { expandedHead, flaConfig, MAX_KEY_DIM, MAX_VALUE_DIM, type FlaConfig } from './fla-config.ts';
import { mixerOutput, outputWeights } from './fla-mixer.ts';
import { flaModel } from './fla-model.ts';

interface MomConfig extends FlaConfig {
  /** Of each memory. */
  readonly heads: number;
  readonly keyDim: number;
  readonly valueDim: number;
  /** Memories that tokens are routed to, and how many of them each token is. */
  readonly routed: number;
  readonly topK: number;
  /** One memory more, of all tokens. */
  readonly shared: boolean;
  /** Whether each memory has projections of its own. */
  readonly separate: boolean;
  readonly gated: boolean;
  readonly convKernel: number;
}

const MAX_MEMORIES = 64;

/** fla/models/mom and fla/layers/mom.py. `capacity` limits nothing there, and layers that attend are not handed biases and rotations of their own. */
function parse(c: ConfigReader): MomConfig {
  const shared = flaConfig(c, { layers: 24 });
  c.oneOf('mom_backend', ['gated_deltanet'], { default: 'gated_deltanet' });
  if (!c.boolean('use_short_conv', { default: true })) throw c.error('use_short_conv', 'true: memories without convolutions are not supported');
  if (shared.attention.some((layer) => layer && (layer.projectionBias || layer.rotary.theta !== 10_000))) throw c.error('attn', 'without qkv_bias, and with a rope_theta of 10000');
  const heads = c.integer('num_heads', { min: 1, default: 4 });
  const keyDim = c.integer('head_dim', { min: 1, max: MAX_KEY_DIM, default: 256 });
  const routed = c.integer('num_memories', { min: 1, max: MAX_MEMORIES, default: 4 });
  return {
    ...shared,
    heads,
    keyDim,
    valueDim: expandedHead(c, 'expand_v', 1, { width: heads * keyDim, heads, most: MAX_VALUE_DIM }),
    routed,
    topK: c.integer('topk', { min: 1, max: routed, default: 2 }),
    shared: c.boolean('shared_mem', { default: true }),
    separate: !c.boolean('single_kv_proj', { default: false }),
    gated: c.boolean('use_output_gate', { default: true }),
    convKernel: c.integer('conv_size', { min: 2, default: 4 }),
  };
}

const memoriesOf = ({ routed, shared }: MomConfig): number => routed + Number(shared);

function mixerWeights(prefix: string, c: MomConfig) {
  const { hiddenSize, heads, keyDim, valueDim, convKernel } = c;
  const [keys, values] = [heads * keyDim, heads * valueDim];
  /** A projection for each memory, the shared one last; or the one of all. */
  const parts = (name: string, rows: number): (readonly [string, number])[] => [
    ...(c.separate ? Array.from({ length: c.routed }, (_, e) => [`${prefix}.${name}_proj.${e}.weight`, rows] as const) : []),
    ...(c.shared || !c.separate ? [[`${prefix}.shared_${name}.weight`, rows] as const] : []),
  ];
  const conv = (name: string, rows: number) => vector(`${prefix}.${name}_conv1d.weight`, rows * convKernel, { shape: [rows, 1, convKernel] });
  return {
    router: matrix(`${prefix}.gate.weight`, c.routed, hiddenSize, { role: 'dense' }),
    projection: stacked(`${prefix}.qkv_proj`, [[`${prefix}.q_proj.weight`, keys], ...parts('k', keys), ...parts('v', values)], hiddenSize),
    gates: stacked(`${prefix}.ba_proj`, [...parts('b', heads), ...parts('a', heads)], hiddenSize, 'dense'),
    gateParameters: concatenated(`${prefix}.gate_parameters`, [vector(`${prefix}.A_log`, heads, { map: (a) => -Math.exp(a) }), vector(`${prefix}.dt_bias`, heads)]),
    conv: concatenated(`${prefix}.conv1d.weight`, [conv('q', keys), conv('k', keys), conv('v', values)]),
    outputGate: c.gated ? matrix(`${prefix}.g_proj.weight`, values, hiddenSize) : undefined,
    ...outputWeights(prefix, 'o_norm', heads, valueDim, hiddenSize),
  };
}

/** The states of all memories are heads of one gated delta rule, in which a token changes nothing where it is not routed. */
function mixer(ops: Ops, normed: Tensor, residual: Tensor, w: Loaded<ReturnType<typeof mixerWeights>>, c: MomConfig): Tensor {
  const { heads, keyDim, valueDim } = c;
  const memories = memoriesOf(c);
  const [keys, values] = [heads * keyDim, heads * valueDim];
  const routes = ops.routeMemories(ops.linear(normed, w.router), { topK: c.topK, shared: c.shared });
  const projected = ops.linearEach([{ x: normed, weight: w.projection }, { x: normed, weight: w.gates }]);
  const state = { kind: 'conv', channels: memories * (2 * keys + values), kernelSize: c.convKernel } as const;
  const given = ops.memoryConv(projected, routes, { state, weight: w.conv, heads, keys, values, separate: c.separate });
  const read = ops.linearAttention(given, {
    state: { kind: 'recurrent', heads: memories * heads, keyDim, valueDim },
    keyHeads: memories * heads,
    columns: { q: 0, k: memories * keys, v: 2 * memories * keys },
    normalised: true,
    scale: keyDim ** -0.5,
    gating: { kind: 'delta', gates: given, betaColumn: state.channels, decayColumn: state.channels + memories * heads, parameters: w.gateParameters, betaScale: 1 },
  });
  const gate = w.outputGate && { tensor: ops.linear(normed, w.outputGate), offset: 0 };
  return mixerOutput(ops, ops.combineMemories(read, routes), gate, residual, w, { heads, eps: c.eps });
}

/** Mixture of memories (Du et al. 2025, arXiv:2502.13685), as flash-linear-attention stores it: gated delta rules, of which each has the tokens that a router gives it. */
export const mom = flaModel({ parse, mixerWeights, mixer });
