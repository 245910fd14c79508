// e^x − 1 for x ≤ 0, to the last bits also where e^x is next to 1: what a slow decay takes away in a step would be lost in 1 − e^x.
fn expm1(x: f32) -> f32 {
  let series = x * (1.0 + x * (1.0 / 2.0 + x * (1.0 / 6.0 + x * (1.0 / 24.0 + x * (1.0 / 120.0 + x * (1.0 / 720.0 + x * (1.0 / 5040.0 + x / 40320.0)))))));
  return select(series, exp(x) - 1.0, x < -0.5);
}
