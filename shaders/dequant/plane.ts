/** Weights in a block, the unit that `weight_dot` multiplies; K is padded with zeros to a multiple of it. */
export const BLOCK = 32;
/** Weights in a super-block, which shares a scale of scales (ggml's K-quants). */
export const SUPER = 256;

export type PlaneName = 'quants' | 'high' | 'scales' | 'zeros';

/** One buffer of a weight [N, K]: row-major, rows contiguous and whole words long, so that any range of rows can be packed and uploaded by itself. */
export interface Plane {
  /** Binding name. `quants` has codes, `high` their upper bits where they do not fit there, `scales` and `zeros` what groups of them share. */
  readonly name: PlaneName;
  /** Bytes of a row of K inputs, its padding included. */
  readonly bytesPerRow: (inputs: number) => number;
}
