// log(1 + u) for u in [0, 1] as 2·artanh(u / (2 + u)): keeps the digits of small u, and does not depend on the adapter's log.
fn log1p_unit(u: f32) -> f32 {
  let s = u / (2.0 + u);
  let w = s * s;
  return 2.0 * s * (1.0 + w * (1.0 / 3.0 + w * (1.0 / 5.0 + w * (1.0 / 7.0 + w * (1.0 / 9.0 + w * (1.0 / 11.0 + w * (1.0 / 13.0 + w / 15.0)))))));
}

fn softplus(x: f32) -> f32 { return max(x, 0.0) + log1p_unit(exp(-abs(x))); }
