import { STATE_SLOTS } from '../../shaders/common/step.ts';
import { cacheRows, type StateDeclaration } from '../ops/state.ts';
import { stateBytes, type SequenceState, type StateOptions } from '../schedule/sequence-state.ts';

/** A buffer of a cache: [heads] rows for every `tokens` tokens that the cache holds, of which those before the sequence's position are written. */
export interface RowLayout {
  readonly heads: number;
  readonly tokens: number;
  readonly rowBytes: number;
}

/** A buffer of states that a step replaces: a ring of STATE_SLOTS. */
export interface SlotLayout {
  readonly slotBytes: number;
}

/** How the buffers of a state are arranged, in the order in which they are declared. */
export interface StateLayout {
  readonly rows: readonly RowLayout[];
  readonly slots: readonly SlotLayout[];
}

/** Rows of a head that the tokens before `position` have. */
export const rowsAt = ({ tokens }: RowLayout, position: number): number => Math.floor(position / tokens);

/** Bytes of the rows that the tokens before `position` have. */
export const bytesAt = (layout: RowLayout, position: number): number => layout.heads * rowsAt(layout, position) * layout.rowBytes;

export function layoutOf(declarations: readonly StateDeclaration[], options: StateOptions): StateLayout {
  const rows: RowLayout[] = [];
  const slots: SlotLayout[] = [];
  for (const declaration of declarations) {
    for (const bytes of Object.values(stateBytes(declaration, options))) {
      if (declaration.kind === 'kv') rows.push({ heads: declaration.kvHeads, tokens: declaration.chunk ?? 1, rowBytes: bytes / declaration.kvHeads / cacheRows(declaration, options.context) });
      else slots.push({ slotBytes: bytes / STATE_SLOTS });
    }
  }
  return { rows, slots };
}

/** The buffers of a sequence in the order of its layout. */
export function buffersOf({ declarations, states }: SequenceState): { readonly rows: readonly GPUBuffer[]; readonly slots: readonly GPUBuffer[] } {
  const of = (kv: boolean): GPUBuffer[] => states.flatMap((state, i) => ((declarations[i].kind === 'kv') === kv ? Object.values(state) : []));
  return { rows: of(true), slots: of(false) };
}
