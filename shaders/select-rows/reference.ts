/** Row `count` − 1 of x, whose rows are `stride` long. */
export const selectLastRowReference = (x: ArrayLike<number>, count: number, stride: number): Float64Array =>
  Float64Array.from({ length: stride }, (_, i) => x[(count - 1) * stride + i]);
