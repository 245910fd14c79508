import { rotaryTable } from '../../engine/rotary/rotary-table.ts';
import type { Ops, Tensor } from '../../engine/ops/vocabulary.ts';
import type { ConfigReader } from '../config/config-reader.ts';
import { computed, matrix, vector, type Loaded } from '../weights/spec.ts';
import { register, type ModelDimensions } from './architecture.ts';
import { headGroups, layerCount, sharedHeadDimension, vocabularySize } from './dimensions.ts';

interface Cell {
  readonly heads: number;
  readonly headDim: number;
}

interface RatConfig extends ModelDimensions {
  readonly hiddenSize: number;
  readonly innerSize: number;
  readonly activation: 'gelu' | 'gelu-tanh' | 'relu2' | 'silu';
  /** Base of the wavelengths of both rotary embeddings. */
  readonly theta: number;
  readonly rat: Cell & { readonly groups: number; readonly chunk: number };
  readonly local: (Cell & { readonly window: number }) | undefined;
  /** Per layer: RAT rather than attention within a window. */
  readonly layers: readonly boolean[];
  readonly tied: boolean;
}

/** Of all norms. */
const EPS = 1e-6;
const ACTIVATIONS = { gelu: 'gelu', fastgelu: 'gelu-tanh', relusquared: 'relu2', silu: 'silu' } as const;

function plain(c: ConfigReader): void {
  if (c.boolean('bias', { default: false })) throw c.error('bias', 'false: biases are not supported');
  c.oneOf('ln', ['rmsnorm'], { default: 'rmsnorm' });
}

function cell(c: ConfigReader, name: 'rat' | 'local_attention', hiddenSize: number): Cell {
  c.oneOf('_name_', [name]);
  plain(c);
  const heads = c.has('num_head') ? c.integer('num_head', { min: 1 }) : Math.trunc(hiddenSize / c.integer('d_head', { min: 1, max: hiddenSize, default: 64 }));
  return { heads, headDim: sharedHeadDimension(c, c.has('num_head') ? 'num_head' : 'd_head', heads, hiddenSize) };
}

function parse(c: ConfigReader): RatConfig {
  const [backbone, embedding] = [c.object('backbone'), c.object('embedding')];
  plain(backbone);
  const hiddenSize = backbone.integer('d_model', { min: 1 });
  const interleaved = backbone.oneOf('_name_', ['sequence', 'sequence_interleave']) === 'sequence_interleave';
  const step = interleaved ? backbone.integer('interleave_step', { min: 1, default: 2 }) : 1;
  const ratCell = backbone.object(interleaved ? 'seq_cell1' : 'seq_cell');
  const localCell = interleaved ? backbone.object('seq_cell') : undefined;
  const rat = cell(ratCell, 'rat', hiddenSize);
  const mlp = backbone.object('hidden_cell');
  mlp.oneOf('_name_', ['ffn']);
  plain(mlp);
  const positions = embedding.object('pe');
  positions.oneOf('_name_', interleaved ? ['rope_interrope'] : ['interrope', 'rope_interrope']);
  return {
    vocabularySize: vocabularySize(embedding),
    maxPositions: embedding.integer('seq_len', { min: 1 }),
    hiddenSize,
    innerSize: mlp.integer('d_ffn', { min: 1, default: 4 * hiddenSize }),
    activation: ACTIVATIONS[mlp.oneOf('act_fn', ['gelu', 'fastgelu', 'relusquared', 'silu'], { default: 'gelu' })],
    theta: positions.number('base', { min: 1, default: 10_000 }),
    rat: { ...rat, groups: headGroups(ratCell, 'ngroups', rat.heads, { default: 2 }), chunk: ratCell.integer('chunk_size', { min: 1, default: 64 }) },
    // The token itself and as many before it.
    local: localCell && { ...cell(localCell, 'local_attention', hiddenSize), window: localCell.integer('window_size', { default: 1024 }) + 1 },
    layers: Array.from({ length: layerCount(backbone, 'num_layers') }, (_, i) => i % step === 0),
    tied: c.boolean('tie_embedding', { default: false }),
  };
}

/** Rows of a window's in_proj, [v | q | k], to [q | k | v]. */
const valuesLast = (width: number): Uint32Array => Uint32Array.from({ length: 3 * width }, (_, i) => (i + 2 * width) % (3 * width));

function weights(c: RatConfig, context: number) {
  const { hiddenSize, rat, local } = c;
  const table = (name: string, rotaryDim: number, positions: number) => computed(name, rotaryTable({ type: 'default', theta: c.theta, rotaryDim }, positions));
  return {
    embedding: matrix('embedding.wte.weight', c.vocabularySize, hiddenSize, { role: 'embedding' }),
    chunkTable: table('rotary table of chunks', rat.headDim, Math.ceil(context / rat.chunk)),
    tokenTable: local && table('rotary table', local.headDim, context),
    layers: c.layers.map((recurrent, i) => {
      const [mixer, mlp] = [`backbone.layers.${i}.seq_layer`, `backbone.layers.${i}.hidden_layer`];
      return {
        norm: vector(`${mixer}.input_norm.weight`, hiddenSize),
        projection: recurrent ? matrix(`${mixer}.in_proj.weight`, 3 * hiddenSize + 2 * rat.groups * rat.headDim, hiddenSize) : matrix(`${mixer}.in_proj.weight`, 3 * hiddenSize, hiddenSize, { order: valuesLast(hiddenSize) }),
        gateBias: recurrent ? vector(`${mixer}.gate_bias`, hiddenSize) : undefined,
        output: matrix(`${mixer}.out_proj.weight`, hiddenSize, hiddenSize),
        mlpNorm: vector(`${mlp}.ln.weight`, hiddenSize),
        up: matrix(`${mlp}.fc1.weight`, c.innerSize, hiddenSize),
        down: matrix(`${mlp}.fc2.weight`, hiddenSize, c.innerSize),
      };
    }),
    norm: vector('backbone.ln.weight', hiddenSize),
    head: c.tied ? undefined : matrix('head.lm_head.weight', c.vocabularySize, hiddenSize, { role: 'embedding' }),
  };
}

function forward(ops: Ops, w: Loaded<ReturnType<typeof weights>>, c: RatConfig): Tensor {
  const { hiddenSize, rat, local } = c;
  let x = ops.embedding(w.embedding);
  for (const { norm, projection: input, gateBias, output, mlpNorm, up, down } of w.layers) {
    const projection = ops.linear(ops.rmsNorm(x, norm, EPS), input);
    if (gateBias) {
      // Columns [output gate | x | gate | q | k].
      const [q, k] = [3 * hiddenSize, 3 * hiddenSize + rat.groups * rat.headDim];
      const read = ops.chunkAttention(projection, {
        cache: { kind: 'kv', kvHeads: rat.heads, headDim: rat.headDim, chunk: rat.chunk },
        state: { kind: 'diagonal', channels: hiddenSize, stateSize: 2 },
        groups: rat.groups,
        columns: { x: hiddenSize, gate: 2 * hiddenSize, q, k },
        gateBias,
        rotaryTable: w.chunkTable,
      });
      x = ops.linear(ops.gatedRmsNorm(read, projection, { heads: 1, gateOffset: 0, activation: 'sigmoid' }), output, { residual: x });
    } else if (local && w.tokenTable) {
      const { heads, headDim, window } = local;
      x = ops.linear(ops.softmaxAttention(projection, { state: { kind: 'kv', kvHeads: heads, headDim }, heads, scale: headDim ** -0.5, rotary: { table: w.tokenTable, rotaryDim: headDim }, window }), output, { residual: x });
    }
    x = ops.linear(ops.linear(ops.rmsNorm(x, mlpNorm, EPS), up, { activation: c.activation }), down, { residual: x });
  }
  return ops.linear(ops.rmsNorm(ops.outputRows(x), w.norm, EPS), w.head ?? w.embedding);
}

/** As saved from a compiled module; a tied head that was saved all the same is not read. */
function canonicalName(name: string, c: RatConfig): string | undefined {
  const plainName = name.replaceAll('_orig_mod.', '');
  return c.tied && plainName === 'head.lm_head.weight' ? undefined : plainName;
}

/**
 * RAT (Wei et al. 2025, arXiv:2507.04416): gated recurrences within chunks, softmax attention across them, alone or in turns with attention
 * within a window. Its code (github.com/CLAIRE-Labo/RAT) has no config.json: keys are those of the `model` section of its resolved
 * configuration, tensors those of its module (`task` in what it saves).
 */
export const rat = register({ parse, weights, canonicalName, forward });
