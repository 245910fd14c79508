/**
 * Where a model stays the same function if the input channels of some matrices are multiplied by s and divided by s where they come from
 * (AWQ, Lin et al. 2023, arXiv:2306.00978, section 3.2). All names are the checkpoint's.
 */
export interface Scaling {
  /** Matrices [outputs, inputs] over the same input: all that there are, since all see it divided. Column i is multiplied by s[channelOf(i)]. */
  readonly consumers: readonly string[];
  /** What makes these channels: a norm's weights [channels], or a matrix [channels, …] and its bias [channels]. Element or row c is divided by s[c]. */
  readonly producers: readonly ScalingProducer[];
  readonly channels: number;
  /** Several inputs may come from one channel, as query heads do that share a value head. */
  readonly channelOf: (input: number) => number;
}

export interface ScalingProducer {
  readonly name: string;
  /** The model multiplies by one more than what is stored. */
  readonly plusOne?: boolean;
}

/** A norm whose output goes into `consumers` and nowhere else. */
export function normScaling(norm: string, consumers: readonly string[], channels: number, { plusOne = false, repeated = false }: { readonly plusOne?: boolean; readonly repeated?: boolean } = {}): Scaling {
  return { consumers, producers: [{ name: norm, plusOne }], channels, channelOf: repeated ? (input) => input % channels : (input) => input };
}
