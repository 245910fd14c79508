// One gate for all heads: g = logsigmoid(x). Needs common/softplus.wgsl.
@group(0) @binding(4) var<storage, read> gates: array<f32>;  // [T, GATES_STRIDE]: x at DECAY_COLUMN

fn gate_of(token: u32, head: u32) -> Gate { return Gate(max(-softplus(-gates[token * GATES_STRIDE + DECAY_COLUMN]), LEAST_LOG_DECAY), 1.0, 0.0); }
