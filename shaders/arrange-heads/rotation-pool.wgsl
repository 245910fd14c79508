// Same signature as in rotation-half.wgsl: no rotation, but the mean of POOL neighbours.
fn rotated(row: u32, element: u32, token: u32) -> f32 {
  var sum = 0.0;
  for (var i = 0u; i < POOL; i++) { sum += activate(x[row + element * POOL + i]); }
  return sum / f32(POOL);
}
