import { roundUp } from '../../shaders/kernel.ts';
import type { Gating, LinearAttention, Tensor, TensorColumns } from './vocabulary.ts';

/** Some heads of a tensor that become heads of `to` elements, filled up with zeros or cut off. */
export interface HeadsPart {
  readonly heads: number;
  /** Of the first of them. */
  readonly column: number;
  /** Elements of a head. */
  readonly dim: number;
  readonly to: number;
}

type Resize = (x: Tensor, parts: readonly HeadsPart[]) => Tensor;

export const resizedWidth = (parts: readonly HeadsPart[]): number => parts.reduce((width, { heads, to }) => width + heads * to, 0);

const isQuads = (value: number): boolean => value % 4 === 0;

/**
 * The kernels of linear attention take four elements at a time. A mixer whose heads or columns are no multiples of four becomes one over
 * copies that are, in which each head ends in zeros: they add nothing to any product, and what the state holds under them is never read.
 * Undefined where nothing is to be done.
 */
export function inQuads(attention: LinearAttention, resize: Resize, mixed: Tensor): { mixed: Tensor; attention: LinearAttention } | undefined {
  const { state, keyHeads, gating, columns: given, ...rest } = attention;
  const keys = keyHeads * state.keyDim;
  const columns = given ?? { q: 0, k: keys, v: 2 * keys };
  if ([state.keyDim, state.valueDim, ...Object.values(columns), ...channelColumns(gating).map(({ column }) => column)].every(isQuads)) return undefined;
  if (!isQuads(state.keyDim) && ('lowerBounds' in gating || ('decay' in gating && 'parameters' in gating))) throw new Error(`linear attention with ${gating.kind} gates takes keys of a multiple of 4 elements, not ${state.keyDim}`);
  const [keyDim, valueDim] = [roundUp(state.keyDim, 4), roundUp(state.valueDim, 4)];
  const keyPart = (column: number): HeadsPart => ({ heads: keyHeads, column, dim: state.keyDim, to: keyDim });
  return {
    mixed: resize(mixed, [keyPart(columns.q), keyPart(columns.k), { heads: state.heads, column: columns.v, dim: state.valueDim, to: valueDim }]),
    attention: {
      ...rest,
      keyHeads,
      state: { ...state, keyDim, valueDim },
      gating: withColumns(gating, ({ tensor, column }) => ({ tensor: resize(tensor, [keyPart(column)]), column: 0 })),
    },
  };
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

function withColumns(gating: Gating, change: (columns: TensorColumns) => TensorColumns): Gating {
  switch (gating.kind) {
    case 'delta':
    case 'mamba2':
    case 'constant':
      return gating;
    case 'kda':
    case 'gla':
    case 'hgrn2':
      return { ...gating, decay: change(gating.decay) };
    case 'rwkv7':
      return { ...gating, decay: change(gating.decay), rate: change(gating.rate) };
    case 'given':
      return { ...gating, decay: gating.perChannel ? change(gating.decay) : gating.decay, p: change(gating.p), b: change(gating.b) };
    default:
      return gating satisfies never;
  }
}
