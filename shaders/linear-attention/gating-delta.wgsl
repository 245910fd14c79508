// Gated DeltaNet: g = rate · softplus(a + bias), β = BETA_SCALE · sigmoid(b). Needs common/sigmoid.wgsl, common/softplus.wgsl.
@group(0) @binding(4) var<storage, read> gate_params: array<f32>;  // [2, PARAMETER_HEADS]: rate = −e^A_log, bias of a
@group(0) @binding(5) var<storage, read> gates: array<f32>;        // [T, GATES_STRIDE]: b, a [VALUE_HEADS] at BETA_COLUMN, DECAY_COLUMN

fn gate_of(token: u32, head: u32) -> Gate {
  let row = token * GATES_STRIDE + head;
  let own = head % PARAMETER_HEADS;
  let log_decay = gate_params[own] * softplus(gates[row + DECAY_COLUMN] + gate_params[PARAMETER_HEADS + own]);
  return Gate(max(log_decay, LEAST_LOG_DECAY), BETA_SCALE * sigmoid(gates[row + BETA_COLUMN]), 0.0);
}
