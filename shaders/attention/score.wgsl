// Scores of four rows with one key, from their dot products.
// Finite, far below any score, and exp(LOWEST - x) is 0 for every x that is not LOWEST itself.
const LOWEST = -3.0e38;

fn score(dots: vec4f) -> vec4f {
  let scaled = dots * SCALE;
  if (SOFT_CAP == 0.0) { return scaled; }
  // tanh is 1 to f32's last digit from 10 on; some implementations overflow for large arguments.
  return SOFT_CAP * tanh(clamp(scaled / max(SOFT_CAP, 1e-30), vec4f(-15.0), vec4f(15.0)));
}
