import { assemble, f32, u32, type Kernel } from '../kernel.ts';
import source from './differential-heads.wgsl?raw';

export interface DifferentialVariant {
  /** Heads of the output; twice as many come in. */
  readonly pairs: number;
  /** Heads that share a key: of a pair of keys first those of the one, then those of the other. Divides `pairs`. */
  readonly group: number;
  /** Elements of a head of x and out. */
  readonly width: number;
  /** Elements of each of the four vectors that λ is made of. */
  readonly lambdaDim: number;
  /** λ_init of the layer. */
  readonly lambdaInit: number;
  readonly eps: number;
}

const WORKGROUP = 64;

/** Length of `parameters`: λ's q₁, k₁, q₂ and k₂, then the norm's weight. */
export const parametersLength = ({ width, lambdaDim }: DifferentialVariant): number => 4 * lambdaDim + width;

/**
 * What two softmaxes over the same values differ in (Ye et al. 2024, "Differential Transformer", arXiv:2410.05258), normalised:
 * x [T, 2 · pairs, width] to out [T, pairs, width]. Throws `RangeError` for heads that do not come in pairs of groups, or have padding.
 */
export function differentialHeads(variant: DifferentialVariant): Kernel {
  const { pairs, group, width, lambdaDim, lambdaInit, eps } = variant;
  if (pairs % group !== 0 || width % 4 !== 0) throw new RangeError(`differentialHeads: ${pairs} pairs of ${width} elements in groups of ${group}`);
  return {
    label: `differential-heads/${pairs}x${width}/group${group}/lambda${lambdaInit}of${lambdaDim}/${eps}`,
    features: [],
    code: assemble({
      constants: { PAIRS: u32(pairs), GROUP: u32(group), WIDTH: u32(width), LAMBDA_DIM: u32(lambdaDim), LAMBDA_INIT: f32(lambdaInit), EPS: f32(eps), WORKGROUP: u32(WORKGROUP) },
      source,
    }),
    bindings: [
      { name: 'x', type: 'read' },
      { name: 'parameters', type: 'read' },
      { name: 'out', type: 'write' },
    ],
    workgroups: ({ count }) => [pairs, count, 1],
  };
}
