// 1 / RMS of `width` elements whose squares the workgroup's invocations have summed up between them. All invocations call together.
var<workgroup> squares: array<f32, ROW4>;

fn inverse_rms(square: f32, width: u32, local: u32) -> f32 {
  squares[local] = square;
  // ROW4 need not be a power of two: each round folds the upper part, the shorter one, onto the lower.
  var size = ROW4;
  while (size > 1u) {
    let half = (size + 1u) / 2u;
    workgroupBarrier();
    if (local + half < size) { squares[local] += squares[local + half]; }
    size = half;
  }
  workgroupBarrier();
  return inverseSqrt(squares[0] / f32(width) + EPS);
}
