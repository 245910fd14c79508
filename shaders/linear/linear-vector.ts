import { team } from '../common/team.ts';
import { formatConstants } from '../dequant/weight-format.ts';
import { BLOCK } from '../dequant/plane.ts';
import { assemble, ceilDiv, f32, grid, u32, type Kernel, type Target } from '../kernel.ts';
import { epilogue } from './epilogue/epilogue.ts';
import normOrdered from './input/norm-ordered.wgsl?raw';
import normPlain from './input/norm-plain.wgsl?raw';
import inputOrdered from './input/vector-ordered.wgsl?raw';
import inputPlain from './input/vector-plain.wgsl?raw';
import source from './linear-vector.wgsl?raw';
import type { LinearVectorVariant } from './linear-variant.ts';
import maskedSource from './masked.wgsl?raw';
import normNone from './norm-none.wgsl?raw';
import normSource from './norm.wgsl?raw';

const WORKGROUP = 128;
/** Blocks of x in workgroup memory at a time: 15,264 bytes (9 × 16 each) leave room for the sums of teams. */
const CHUNK = 106;
/** Fewer workgroups than this leave a big GPU idle: then a team takes fewer rows. */
const ENOUGH_WORKGROUPS = 256;

/** More than a big GPU runs at a time. */
const PLENTY_OF_WORKGROUPS = 2048;
const MOST_SWEEPS = 4;

function rowsOf({ outputs, gated }: LinearVectorVariant, teams: number): 1 | 2 | 4 {
  if (outputs >= 4 * teams * ENOUGH_WORKGROUPS) return 4;
  return gated || outputs >= 2 * teams * ENOUGH_WORKGROUPS ? 2 : 1;
}

/** Groups of rows that a workgroup computes one after the other with the same staged x: only where workgroups abound, as for an output matrix. */
function sweepsOf({ inputs, outputs }: LinearVectorVariant, rowsPerSweep: number): number {
  if (ceilDiv(inputs, BLOCK) > CHUNK) return 1;
  return Math.min(MOST_SWEEPS, Math.max(1, Math.floor(outputs / rowsPerSweep / PLENTY_OF_WORKGROUPS)));
}

/**
 * The product of a weight with one token, for decoding. Bindings: the format's planes, `x` f32 [1, roundUp(K, 4)], `order` u32
 * [roundUp(K, 32)] where the weight is ordered (0 beyond K), `norm_weight` f32 [roundUp(K, 4)] where there is a norm, `bias` f32 where there is one, `out` f32 [1, outputStride].
 * Columns of x, and weights, beyond K may hold anything finite or not for x, anything finite for the weight.
 */
export function linearVector(variant: LinearVectorVariant, target: Target): Kernel {
  const { format, inputs, outputs, norm, ordered = false } = variant;
  const { planes, snippet } = format;
  const { size, features, snippet: teamSource, label: teamLabel } = team(target);
  const teams = WORKGROUP / size;
  const rows = rowsOf(variant, teams);
  const sweeps = sweepsOf(variant, rows * teams);
  const afterOrder = planes.length + 1 + Number(ordered);
  const end = epilogue(variant, afterOrder + Number(norm !== undefined));
  return {
    label: `linear-vector/${format.key}/${inputs}x${outputs}${ordered ? '/ordered' : ''}${norm ? '/norm' : ''}${end.label}/${teamLabel}`,
    features,
    code: assemble({
      features,
      constants: {
        ...formatConstants(format, inputs),
        ...end.constants,
        INPUTS: u32(inputs),
        OUTPUTS: u32(outputs),
        X_QUADS: u32(ceilDiv(inputs, 4)),
        CHUNK: u32(Math.min(CHUNK, ceilDiv(inputs, BLOCK))),
        ROWS: u32(rows),
        WORKGROUP: u32(WORKGROUP),
        TEAM: u32(size),
        TEAMS: u32(teams),
        SWEEPS: u32(sweeps),
        X_BINDING: u32(planes.length),
        ...(ordered ? { ORDER_BINDING: u32(planes.length + 1) } : {}),
        ...(norm ? { NORM_BINDING: u32(afterOrder), EPS: f32(norm.eps) } : {}),
      },
      snippets: [maskedSource, snippet, teamSource, ordered ? inputOrdered : inputPlain, ...(norm ? [ordered ? normOrdered : normPlain, normSource] : [normNone]), ...end.snippets],
      source,
    }),
    bindings: [
      ...planes.map(({ name }) => ({ name, type: 'read' as const })),
      { name: 'x', type: 'read' },
      ...(ordered ? [{ name: 'order', type: 'read' } as const] : []),
      ...(norm ? [{ name: 'norm_weight', type: 'read' } as const] : []),
      ...end.bindings,
    ],
    workgroups: () => grid(ceilDiv(outputs, rows * teams * sweeps)),
  };
}
