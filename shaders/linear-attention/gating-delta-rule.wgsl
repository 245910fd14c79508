// DeltaNet: nothing decays, β = BETA_SCALE · sigmoid(b). Needs common/sigmoid.wgsl.
@group(0) @binding(4) var<storage, read> gates: array<f32>;  // [T, GATES_STRIDE]: b [VALUE_HEADS] at BETA_COLUMN

fn gate_of(token: u32, head: u32) -> Gate { return Gate(0.0, BETA_SCALE * sigmoid(gates[token * GATES_STRIDE + BETA_COLUMN + head]), 0.0); }
