// x · Φ(x), with erfc after Abramowitz & Stegun 7.1.26 (error 1.5e-7). Taking erfc of |x|/√2 keeps the negative tail from cancelling.
fn activate(value: f32) -> f32 {
  let z = abs(value) * 0.7071067811865476;
  let t = 1.0 / (1.0 + 0.3275911 * z);
  let polynomial = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  let tail = 0.5 * polynomial * exp(max(-z * z, -80.0));
  return value * select(tail, 1.0 - tail, value >= 0.0);
}
