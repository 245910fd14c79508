// Rows `row` and row + 1 of an expert give the same columns of a row of out.
fn store_pair(expert: u32, row: u32, target_row: u32, first: f32, second: f32) {
  let at = expert * OUTPUTS + row;
  if (row < OUTPUTS) { out[target_row * OUT_STRIDE + row] = activate(add_bias(first, at)); }
  if (row + 1u < OUTPUTS) { out[target_row * OUT_STRIDE + row + 1u] = activate(add_bias(second, at + 1u)); }
}
