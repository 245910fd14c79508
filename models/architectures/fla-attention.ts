import type { Ops, Tensor } from '../../engine/ops/vocabulary.ts';
import { rotaryTable, type RotaryParameters } from '../../engine/rotary/rotary-table.ts';
import { ConfigReader } from '../config/config-reader.ts';
import { computed, type Loaded, type VectorSpec } from '../weights/spec.ts';
import { attention, attentionWeights, type AttentionConfig } from './attention.ts';
import { headGroups, sharedHeadDimension } from './dimensions.ts';

/** Softmax attention in some layers of a hybrid. */
export interface FlaAttention extends AttentionConfig {
  readonly rotary: RotaryParameters;
  readonly window?: number;
}

/** The `attn` of a config as what it may be: nothing, one object, or a list of objects, each for layers of its own. */
function specifications(c: ConfigReader): ConfigReader[] {
  const value = c.raw('attn');
  if (value === undefined) return [];
  if (!Array.isArray(value)) return [c.object('attn')];
  const path = c.path === '' ? 'attn' : `${c.path}.attn`;
  return value.map((entry: unknown, index) => new ConfigReader(entry, c.file, `${path}.${index}`));
}

/**
 * Which of the `layers` attend, and how (fla/models/hybrid.py and fla/layers/attn.py of flash-linear-attention): undefined for layers that keep
 * the model's own mixer. Throws `ConfigError` naming the key.
 */
export function attentionLayers(c: ConfigReader, layers: number, hiddenSize: number): (FlaAttention | undefined)[] {
  const kinds: (FlaAttention | undefined)[] = Array.from({ length: layers }, () => undefined);
  for (const spec of specifications(c)) {
    const indices = spec.integers('layers', { max: layers - 1 });
    const attention = readAttention(spec, hiddenSize);
    for (const index of indices) {
      if (kinds[index]) throw spec.error('layers', `layers that are listed once, not ${index} twice`);
      kinds[index] = attention;
    }
  }
  return kinds;
}

/** Of the norms of q and k, which no config has. */
const NORM_EPS = 1e-5;

function readAttention(c: ConfigReader, hiddenSize: number): FlaAttention {
  const heads = c.integer('num_heads', { min: 1 });
  const headDim = sharedHeadDimension(c, 'num_heads', heads, hiddenSize);
  const theta = c.number('rope_theta', { default: 10_000 });
  if (theta <= 0) throw c.error('rope_theta', 'a positive number');
  const window = c.optionalInteger('window_size', { min: 1 });
  return {
    hiddenSize,
    heads,
    kvHeads: headGroups(c, 'num_kv_heads', heads, { default: heads }),
    headDim,
    eps: NORM_EPS,
    projectionBias: c.boolean('qkv_bias', { default: false }),
    outputBias: false,
    qkNorm: c.boolean('qk_norm', { default: false }),
    gated: false,
    rotary: { type: 'default', theta, rotaryDim: headDim },
    rotaryDim: headDim,
    ...(window !== undefined && { window }),
  };
}

type Specs = ReturnType<typeof attentionWeights> & { readonly rotaryTable: VectorSpec };

/** Weights of the layers that attend, of a model's `layers`; the rotary tables, one for each theta and head width, are `context` long. */
export function flaAttentionWeights(layers: readonly (FlaAttention | undefined)[], context: number): (Specs | undefined)[] {
  const tables = new Map<string, VectorSpec>();
  return layers.map((layer, i) => {
    if (!layer) return undefined;
    const key = `rotary table of ${layer.rotary.theta} and ${layer.rotaryDim}`;
    const table = tables.get(key) ?? computed(key, rotaryTable(layer.rotary, context));
    tables.set(key, table);
    return { ...attentionWeights(`model.layers.${i}.attn`, layer), rotaryTable: table };
  });
}

/** residual + the attention of `normed`. */
export const flaAttention = (ops: Ops, normed: Tensor, residual: Tensor, w: Loaded<Specs>, c: FlaAttention): Tensor =>
  attention(ops, normed, residual, w, c, { rotaryTable: w.rotaryTable, ...(c.window !== undefined && { window: c.window }) });
