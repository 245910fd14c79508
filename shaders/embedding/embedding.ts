import stepSource from '../common/step.wgsl?raw';
import { formatConstants, type FormatDescription } from '../dequant/weight-format.ts';
import { assemble, bool, ceilDiv, f32, roundUp, u32, type Binding, type Kernel } from '../kernel.ts';
import source from './embedding.wgsl?raw';
import positionSource from './index-position.wgsl?raw';
import tokenSource from './index-token.wgsl?raw';

export interface EmbeddingVariant {
  readonly format: FormatDescription;
  /** Rows of the table in this chunk. */
  readonly rows: number;
  /** Row of the whole table that the chunk begins with: a big table is split over several bindings, and each chunk writes the rows it holds. */
  readonly rowStart: number;
  /** Elements of a row. */
  readonly width: number;
  /** What picks the row: the token's id, or its position in the sequence. */
  readonly index: 'token' | 'position';
  /** Adds to what out holds instead of overwriting it. */
  readonly accumulate: boolean;
  /** Factor of the row, e.g. √width where a config scales its embeddings. */
  readonly scale: number;
}

const WORKGROUP = 64;

/**
 * Rows of a table for each token of the step. Bindings: the format's planes (`quants`, `scales`), `tokens` u32 [T] where they are the index,
 * `out` f32 [T, roundUp(width, 4)], `step`. A row that no chunk holds is not written.
 */
export function embedding({ format, rows, rowStart, width, index, accumulate, scale }: EmbeddingVariant): Kernel {
  const { planes, snippet } = format;
  const tokens: readonly Binding[] = index === 'token' ? [{ name: 'tokens', type: 'read' }] : [];
  return {
    label: `embedding/${format.key}/${index}/${rows}x${width}${rowStart > 0 ? `/from${rowStart}` : ''}${accumulate ? '/accumulate' : ''}`,
    features: [],
    code: assemble({
      constants: {
        ...formatConstants(format, width),
        ROWS: u32(rows),
        ROW_START: u32(rowStart),
        WIDTH: u32(width),
        STRIDE: u32(roundUp(width, 4)),
        SCALE: f32(scale),
        ACCUMULATE: bool(accumulate),
        WORKGROUP: u32(WORKGROUP),
        TOKENS_BINDING: u32(planes.length),
        OUT_BINDING: u32(planes.length + tokens.length),
      },
      snippets: [stepSource, snippet, index === 'token' ? tokenSource : positionSource],
      source,
    }),
    bindings: [...planes.map(({ name }) => ({ name, type: 'read' as const })), ...tokens, { name: 'out', type: 'write' }, { name: 'step', type: 'uniform' }],
    workgroups: ({ count }) => [ceilDiv(width, 8 * WORKGROUP), count, 1],
  };
}
