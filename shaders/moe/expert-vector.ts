import { formatConstants } from '../dequant/weight-format.ts';
import { BLOCK } from '../dequant/plane.ts';
import { ceilDiv, u32, type Binding, type Constant } from '../kernel.ts';
import type { ExpertsVariant } from './variant.ts';

export const WORKGROUP = 128;
/** Blocks of x in workgroup memory at a time, as in `linearVector`: 15,264 bytes leave room for the sums of teams. */
const CHUNK = 106;
/** Fewer workgroups than this leave a big GPU idle: then a team takes fewer rows. */
export const ENOUGH_WORKGROUPS = 256;

export interface ExpertVectorParts {
  readonly constants: Readonly<Record<string, Constant>>;
  readonly bindings: readonly Binding[];
}

/** What the kernels for one token have in common: planes and x, then what the `router` chose, `norm_weight` and `bias` where there are any, and `out`. */
export function expertVectorParts({ format, inputs, outputs, experts, firstExpert, topK, bias }: ExpertsVariant, router: readonly string[], norm: boolean): ExpertVectorParts {
  const names = [...format.planes.map(({ name }) => name), 'x', ...router, ...(norm ? ['norm_weight'] : []), ...(bias ? ['bias'] : [])];
  const place = (name: string): Constant => u32(Math.max(0, names.indexOf(name)));
  return {
    constants: {
      ...formatConstants(format, inputs),
      INPUTS: u32(inputs),
      OUTPUTS: u32(outputs),
      X_QUADS: u32(ceilDiv(inputs, 4)),
      CHUNK: u32(Math.min(CHUNK, ceilDiv(inputs, BLOCK))),
      EXPERTS: u32(experts),
      FIRST_EXPERT: u32(firstExpert),
      TOP_K: u32(topK),
      WORKGROUP: u32(WORKGROUP),
      X_BINDING: place('x'),
      NORM_BINDING: place('norm_weight'),
      BIAS_BINDING: place('bias'),
      BIAS_START: u32(0),
      BIAS_STRIDE: u32(1),
      OUT_BINDING: u32(names.length),
    },
    bindings: [...names.map((name) => ({ name, type: 'read' as const })), { name: 'out', type: 'write' }],
  };
}
