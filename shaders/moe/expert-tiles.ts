import { formatConstants } from '../dequant/weight-format.ts';
import { assemble, ceilDiv, roundUp, u32, type Kernel } from '../kernel.ts';
import biasNone from '../linear/epilogue/bias-none.wgsl?raw';
import biasSource from '../linear/epilogue/bias.wgsl?raw';
import maskedSource from '../linear/masked.wgsl?raw';
import tileSource from '../linear/tile.wgsl?raw';
import { expertEnd } from './expert-end.ts';
import source from './expert-tiles.wgsl?raw';
import { mostTiles, TILE_ASSIGNMENTS } from './group.ts';
import { expertsLabel, rowsPerElement, type ExpertActivation, type ExpertsVariant } from './variant.ts';

export interface ExpertTilesVariant extends ExpertsVariant {
  /** Of all chunks. */
  readonly allExperts: number;
  /** Gate and up (or up alone) of a token, [T, K] in and [T · topK, N / 2 (or N)] out; absent: a plain product with a row of x for each assignment. */
  readonly activation?: ExpertActivation;
}

/** Outputs of a workgroup. */
const ROWS = 64;

/**
 * The products of T tokens with the experts that they chose, for prefill. Bindings: the format's planes (`quants`, `scales`) · `x` f32
 * [T, roundUp(K, 4)], or [T · topK, roundUp(K, 4)] without an activation · `order` and `tiles` of `group` · `bias` f32 [allExperts, N] where
 * there is one · `out` f32 [T · topK, roundUp(N / 2 or N, 4)], rows by assignment.
 */
export function expertTiles(variant: ExpertTilesVariant): Kernel {
  const { format, inputs, outputs, experts, firstExpert, allExperts, topK, bias, activation } = variant;
  const { planes, snippet } = format;
  const end = expertEnd(activation);
  return {
    label: `moe-tiles/${expertsLabel(variant)}${end.label}`,
    features: [],
    code: assemble({
      constants: {
        ...formatConstants(format, inputs),
        ...end.constants,
        INPUTS: u32(inputs),
        OUTPUTS: u32(outputs),
        X_QUADS: u32(ceilDiv(inputs, 4)),
        OUT_STRIDE: u32(roundUp(activation ? outputs / rowsPerElement(activation) : outputs, 4)),
        EXPERTS: u32(experts),
        FIRST_EXPERT: u32(firstExpert),
        SHARE: u32(activation ? topK : 1),
        TILE: u32(TILE_ASSIGNMENTS),
        ROWS: u32(ROWS),
        QUADS: u32(8),
        X_BINDING: u32(planes.length),
        BIAS_BINDING: u32(planes.length + 3),
        BIAS_START: u32(0),
        BIAS_STRIDE: u32(1),
        OUT_BINDING: u32(planes.length + 3 + Number(bias)),
      },
      snippets: [maskedSource, tileSource, snippet, bias ? biasSource : biasNone, ...end.snippets],
      source,
    }),
    bindings: [
      ...planes.map(({ name }) => ({ name, type: 'read' as const })),
      { name: 'x', type: 'read' },
      { name: 'order', type: 'read' },
      { name: 'tiles', type: 'read' },
      ...(bias ? [{ name: 'bias', type: 'read' } as const] : []),
      { name: 'out', type: 'write' },
    ],
    workgroups: ({ count }) => [ceilDiv(outputs, ROWS), mostTiles({ experts: allExperts, topK }, count), 1],
  };
}
