@group(0) @binding(2) var<storage, read> logits: array<f32>;  // [T, LOGITS_STRIDE], WIDTH of them used

fn weight_of(token: u32, column: u32) -> f32 { return sigmoid(logits[token * LOGITS_STRIDE + column]); }
