import { roundUp } from '../../shaders/kernel.ts';
import type { RecurrentState } from '../ops/state.ts';
import type { Gating, LinearAttention, Tensor, TensorColumns } from '../ops/vocabulary.ts';
import { arrange, type ResizedSection } from './lower-heads.ts';
import type { Lowering } from './lowering.ts';

interface Mixer<G> {
  readonly x: Tensor;
  readonly attention: LinearAttention<G>;
  readonly out: Tensor;
}

/** A mixer and its state as the model declared it. */
export interface DeclaredMixer<G> extends Mixer<G> {
  readonly declared: RecurrentState;
}

const isQuads = (value: number): boolean => value % 4 === 0;

/**
 * The kernels of linear attention take four elements at a time. A mixer whose heads or columns are no multiples of four becomes one over
 * copies that are, in which each head ends in zeros: they add nothing to any product, and what the state holds under them is never read.
 */
export function lowerInQuads<G extends Gating>(lowering: Lowering, { x, attention, out }: Mixer<G>, lower: (mixer: DeclaredMixer<G>) => void): void {
  const { state, keyHeads, gating, columns: given, ...rest } = attention;
  const keys = keyHeads * state.keyDim;
  const columns = given ?? { q: 0, k: keys, v: 2 * keys };
  if ([state.keyDim, state.valueDim, ...Object.values(columns), ...channelColumns(gating).map(({ column }) => column)].every(isQuads)) return lower({ x, attention, out, declared: state });
  if (!isQuads(state.keyDim) && ('lowerBounds' in gating || ('decay' in gating && 'parameters' in gating))) throw new Error(`linear attention with ${gating.kind} gates takes keys of a multiple of 4 elements, not ${state.keyDim}`);
  const [keyDim, valueDim] = [roundUp(state.keyDim, 4), roundUp(state.valueDim, 4)];
  const keyPart = (column: number): ResizedSection & { to: number } => ({ heads: keyHeads, column, dim: state.keyDim, to: keyDim });
  const whole: DeclaredMixer<G> = {
    x: resized(lowering, x, [keyPart(columns.q), keyPart(columns.k), { heads: state.heads, column: columns.v, dim: state.valueDim, to: valueDim }]),
    attention: {
      ...rest,
      keyHeads,
      state: { ...state, keyDim, valueDim },
      gating: withColumns(gating, ({ tensor, column }) => ({ tensor: resized(lowering, tensor, [keyPart(column)]), column: 0 })),
    },
    out: { ...out, width: state.heads * valueDim },
    declared: state,
  };
  lower(whole);
  arrange(lowering, whole.out, [{ heads: state.heads, column: 0, dim: valueDim, to: state.valueDim }], out);
}

/** A tensor that no model file knows of. */
function resized(lowering: Lowering, x: Tensor, parts: readonly (ResizedSection & { readonly to: number })[]): Tensor {
  const out: Tensor = { ...x, width: parts.reduce((width, { heads, to }) => width + heads * to, 0) };
  arrange(lowering, x, parts, out);
  return out;
}

/** What a gating reads of each channel of the keys. */
function channelColumns(gating: Gating): TensorColumns[] {
  const found: TensorColumns[] = [];
  withColumns(gating, (columns) => {
    found.push(columns);
    return columns;
  });
  return found;
}

function withColumns<G extends Gating>(gating: G, change: (columns: TensorColumns) => TensorColumns): G {
  switch (gating.kind) {
    case 'delta':
    case 'delta-rule':
    case 'mamba2':
    case 'constant':
    case 'sigmoid':
      return gating;
    case 'kda':
    case 'gla':
    case 'hgrn2':
    case 'slots':
      return { ...gating, decay: change(gating.decay) };
    case 'rwkv7':
      return { ...gating, decay: change(gating.decay), rate: change(gating.rate) };
    case 'given':
      return { ...gating, decay: gating.perChannel ? change(gating.decay) : gating.decay, p: change(gating.p), b: change(gating.b) };
    default:
      return gating satisfies never;
  }
}
