@group(0) @binding(BIAS_BINDING) var<storage, read> bias: array<f32>;  // of the whole weight

fn add_bias(value: f32, row: u32) -> f32 { return value + bias[BIAS_START + row * BIAS_STRIDE]; }
