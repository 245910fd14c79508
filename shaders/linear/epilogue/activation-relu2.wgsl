// max(x, 0)² (So et al. 2021, arXiv:2109.08668).
fn activate(value: f32) -> f32 {
  let positive = max(value, 0.0);
  return positive * positive;
}
