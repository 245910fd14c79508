// RetNet, Lightning Attention: each head forgets at a rate of its own.
@group(0) @binding(4) var<storage, read> gate_params: array<f32>;  // [VALUE_HEADS]: log-decay

fn gate_of(token: u32, head: u32) -> Gate { return Gate(max(gate_params[head], LEAST_LOG_DECAY), 1.0, 0.0); }
