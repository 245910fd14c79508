// 0.5·x·(1 + tanh(√(2/π)·(x + 0.044715·x³))) = x · sigmoid(2·√(2/π)·(…)), GPT-2's gelu_new.
fn activate(value: f32) -> f32 {
  let inner = 1.5957691216057308 * (value + 0.044715 * value * value * value);
  return value / (1.0 + exp(clamp(-inner, -80.0, 80.0)));
}
