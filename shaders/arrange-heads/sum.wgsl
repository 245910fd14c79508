// One over the sum of a head's activated elements.
fn normaliser(row: u32) -> f32 {
  var sum = 0.0;
  for (var i = 0u; i < FROM_DIM; i++) { sum += activate(x[row + i]); }
  return 1.0 / sum;
}
