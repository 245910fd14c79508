// h · gelu(gate). Needs activate.
@group(0) @binding(4) var<storage, read> gate: array<f32>;  // [T, GATE_STRIDE], columns GATE_OFFSET + [0, WIDTH)

fn output(h: f32, token: u32, channel: u32) -> f32 { return h * activate(gate[token * GATE_STRIDE + GATE_OFFSET + channel]); }
