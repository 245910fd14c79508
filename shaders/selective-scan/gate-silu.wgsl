@group(0) @binding(8) var<storage, read> z: array<f32>;  // [T, GATE_STRIDE], columns GATE_OFFSET + [0, CHANNELS)

fn gate_of(token: u32, channel: u32) -> f32 {
  let gate = z[token * GATE_STRIDE + GATE_OFFSET + channel];
  return gate * sigmoid(gate);
}
