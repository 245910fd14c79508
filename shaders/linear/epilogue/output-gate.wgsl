@group(0) @binding(OUTPUT_GATE_BINDING) var<storage, read> output_gate: array<vec4f>;  // [T], a number and padding

fn gate_output(token: u32, value: f32) -> f32 { return value * sigmoid(output_gate[token].x); }
