import type { MatrixSpec, VectorSpec } from './spec.ts';

/** The same matrix with a config's multiplier for each of its parts; as it is where all are 1, so that packed scales stay what they are. */
export const multipliedMatrix = (spec: MatrixSpec, factors: readonly number[]): MatrixSpec =>
  factors.every((factor) => factor === 1) ? spec : { ...spec, parts: spec.parts.map((part, i) => ({ ...part, factor: factors[i] })) };

/** The same vector with a multiplier for each of its parts. */
export const multipliedVector = (spec: VectorSpec, factors: readonly number[]): VectorSpec => ({
  ...spec,
  parts: spec.parts.map((part, i) => ({ ...part, map: (value, index) => factors[i] * (part.map ? part.map(value, index) : value) })),
});
