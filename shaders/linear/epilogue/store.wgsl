// What a finished dot product goes through on its way to out. `row` is the row of the weight chunk, `token` the row of out.
@group(0) @binding(OUT_BINDING) var<storage, read_write> out: array<f32>;  // [T, OUT_STRIDE], columns from ROW_OFFSET on

fn put(token: u32, column: u32, value: f32) {
  let at = token * OUT_STRIDE + ROW_OFFSET + column;
  let scaled = SCALE * gate_output(token, value);
  if (ACCUMULATE) { out[at] = cap(out[at] + scaled); } else if (MULTIPLY) { out[at] *= scaled; } else { out[at] = cap(scaled); }
}

// One output for each row.
fn store(token: u32, row: u32, value: f32) { put(token, row, activate(add_bias(value, row))); }

// One output for rows `row` (the gate) and row + 1 (what it gates).
fn store_gated(token: u32, row: u32, gate: f32, up: f32) {
  put(token, row / 2u, activate(add_bias(gate, row)) * add_bias(up, row + 1u));
}
