// Rows `row` (gate) and row + 1 (up) of an expert give column row / 2 of a row of out.
fn store_pair(expert: u32, row: u32, target_row: u32, gate: f32, up: f32) {
  if (row >= OUTPUTS) { return; }
  let at = expert * OUTPUTS + row;
  out[target_row * OUT_STRIDE + row / 2u] = glu(add_bias(gate, at), add_bias(up, at + 1u));
}
