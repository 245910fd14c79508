// gpt-oss's gate: a sigmoid of slope ALPHA, both sides within LIMIT, up about 1.
fn glu(gate: f32, up: f32) -> f32 {
  let low = min(gate, LIMIT);
  return low * sigmoid(ALPHA * low) * (clamp(up, -LIMIT, LIMIT) + 1.0);
}
