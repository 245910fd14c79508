import type { FeatureMap } from '../../shaders/arrange-heads/arrange-heads.ts';
import type { HeadSection, Ops, Tensor } from '../../engine/ops/vocabulary.ts';
import type { ConfigReader } from '../config/config-reader.ts';
import { computed, concatenated, matrix, stacked, vector, type Loaded } from '../weights/spec.ts';

/** Rows of a projection `<name>_proj`. */
export type Section = readonly [name: string, rows: number];

export interface Convolution {
  readonly kernel: number;
  readonly bias: boolean;
}

/** How the mixers of flash-linear-attention begin (fla/layers): one input, several projections, a short convolution over all but the gate's. */
export interface Projections {
  readonly hiddenSize: number;
  /** What is mixed: q, k and v, or what the family calls them. */
  readonly mixed: readonly Section[];
  /** Columns of the gate of the output; 0: it has none. */
  readonly gate: number;
  /** Absent: none. */
  readonly conv?: Convolution;
  /** Of what is mixed, with a convolution or without. */
  readonly activation: 'silu' | 'none';
}

/** `use_short_conv`, `conv_size` and `conv_bias`; undefined where there is no convolution. */
export function readConvolution(c: ConfigReader, used: boolean): Convolution | undefined {
  if (!c.boolean('use_short_conv', { default: used })) return undefined;
  return { kernel: c.integer('conv_size', { min: 2, default: 4 }), bias: c.boolean('conv_bias', { default: false }) };
}

/** What a norm behind a mixer is called, and whether it has weights. */
export interface GatedNorm {
  readonly name: string;
  readonly affine: boolean;
}

/** GLA's and RetNet's norm, whose name says whether fla's kernel for norm and gate in one computes it. */
export function readGatedNorm(c: ConfigReader, gated: boolean): GatedNorm {
  const fused = gated && c.boolean('fuse_norm', { default: true }) && c.string('hidden_act', { default: 'swish' }) === 'swish';
  return { name: fused ? 'g_norm_swish_gate' : 'g_norm', affine: c.boolean('elementwise_affine', { default: true }) };
}

/** `feature_map`, one of `maps`; absent: none. */
export function featureMap(c: ConfigReader, maps: Readonly<Record<string, FeatureMap>>): FeatureMap {
  const name = c.optionalOneOf('feature_map', Object.keys(maps));
  return name === undefined ? 'none' : maps[name];
}

const widthOf = (sections: readonly Section[]): number => sections.reduce((sum, [, rows]) => sum + rows, 0);

/** An activation of the projections themselves must not reach the gate, which has one of its own. */
const gateApart = ({ gate, conv, activation }: Projections): boolean => gate > 0 && !conv && activation !== 'none';

export function projectionWeights(prefix: string, p: Projections) {
  const { hiddenSize, mixed, gate, conv } = p;
  const apart = gateApart(p);
  const sections: readonly Section[] = gate > 0 && !apart ? [...mixed, ['g', gate]] : mixed;
  return {
    projection: stacked(`${prefix}.mixed_proj`, sections.map(([name, rows]) => [`${prefix}.${name}_proj.weight`, rows]), hiddenSize),
    gate: apart ? matrix(`${prefix}.g_proj.weight`, gate, hiddenSize) : undefined,
    conv: conv && concatenated(`${prefix}.conv1d.weight`, mixed.map(([name, rows]) => vector(`${prefix}.${name}_conv1d.weight`, rows * conv.kernel, { shape: [rows, 1, conv.kernel] }))),
    convBias: conv?.bias ? concatenated(`${prefix}.conv1d.bias`, mixed.map(([name, rows]) => vector(`${prefix}.${name}_conv1d.bias`, rows))) : undefined,
  };
}

/** The output's gate before its activation, from column `offset` on. */
export interface OutputGate {
  readonly tensor: Tensor;
  readonly offset: number;
}

/** What is to be mixed, in the columns of `mixed`, and the gate. */
export function project(ops: Ops, normed: Tensor, w: Loaded<ReturnType<typeof projectionWeights>>, p: Projections): { readonly mixed: Tensor; readonly gate: OutputGate | undefined } {
  const width = widthOf(p.mixed);
  const projection = ops.linear(normed, w.projection, { activation: w.conv ? 'none' : p.activation });
  const mixed = w.conv && p.conv ? ops.shortConv(projection, { state: { kind: 'conv', channels: width, kernelSize: p.conv.kernel }, weight: w.conv, ...(w.convBias && { bias: w.convBias }), activation: p.activation }) : projection;
  if (p.gate === 0) return { mixed, gate: undefined };
  return { mixed, gate: w.gate ? { tensor: ops.linear(normed, w.gate), offset: 0 } : { tensor: projection, offset: width } };
}

const isChanged = ({ times = 1, activation = 'none', overSum, rotaryTable }: HeadSection): boolean => times > 1 || activation !== 'none' || overSum === true || rotaryTable !== undefined;

/** The first columns of x, of which the sections are all: as they are, where nothing is to be done with any of them. */
export function arranged(ops: Ops, x: Tensor, sections: readonly Omit<HeadSection, 'column'>[]): Tensor {
  let column = 0;
  const placed = sections.map((section): HeadSection => {
    const first = column;
    column += section.heads * section.dim;
    return { ...section, column: first };
  });
  return placed.some(isChanged) ? ops.arrangeHeads(x, placed) : x;
}

/** The norm of each head of what was read, and the projection of all of them. `affine`: whether the norm has weights. */
export function outputWeights(prefix: string, norm: string, heads: number, valueDim: number, hiddenSize: number, affine = true) {
  const name = `${prefix}.${norm}.weight`;
  return {
    norm: affine ? vector(name, valueDim) : computed(name, new Float32Array(valueDim).fill(1)),
    output: matrix(`${prefix}.o_proj.weight`, hiddenSize, heads * valueDim),
  };
}

/** residual + o_proj(norm(read) ⊙ act(gate)), each head of `heads` normalised by itself; without a gate only normalised. */
export function mixerOutput(ops: Ops, read: Tensor, gate: OutputGate | undefined, residual: Tensor, w: Loaded<ReturnType<typeof outputWeights>>, { heads, eps, activation = 'silu' }: { readonly heads: number; readonly eps: number; readonly activation?: 'silu' | 'sigmoid' }): Tensor {
  const norm = { heads, weight: w.norm, eps };
  const normalised = gate ? ops.gatedRmsNorm(read, gate.tensor, { ...norm, gateOffset: gate.offset, activation }) : ops.gatedRmsNorm(read, read, { ...norm, gateOffset: 0, activation: 'none' });
  return ops.linear(normalised, w.output, { residual });
}
