// SOFT_CAP · tanh(value / SOFT_CAP). WGSL's own tanh may be off by 1e-5 and may overflow: below 1 it is Lambert's continued fraction (error 3e-8),
// where 1 − e^(−2z) would cancel, and above it an exponential of what is never positive.
fn cap(value: f32) -> f32 {
  let x = value / SOFT_CAP;
  let z = abs(x);
  let square = z * z;
  let small = z / (1.0 + square / (3.0 + square / (5.0 + square / (7.0 + square / 9.0))));
  let decayed = exp(max(-2.0 * z, -80.0));
  let large = (1.0 - decayed) / (1.0 + decayed);
  return SOFT_CAP * sign(x) * select(large, small, z < 1.0);
}
