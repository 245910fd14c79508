// Mamba-2: δ = softplus(dt + bias) within limits, g = rate · δ; what is written is δ k vᵀ. Needs common/softplus.wgsl.
@group(0) @binding(4) var<storage, read> gate_params: array<f32>;  // [3, VALUE_HEADS]: rate = −e^A_log, bias of dt, D
@group(0) @binding(5) var<storage, read> gates: array<f32>;        // [T, GATES_STRIDE]: dt [VALUE_HEADS] at TIME_COLUMN

fn gate_of(token: u32, head: u32) -> Gate {
  let raw = softplus(gates[token * GATES_STRIDE + TIME_COLUMN + head] + gate_params[VALUE_HEADS + head]);
  let time = clamp(raw, LEAST_TIME, MOST_TIME);
  return Gate(max(gate_params[head] * time, LEAST_LOG_DECAY), time, gate_params[2u * VALUE_HEADS + head]);
}
