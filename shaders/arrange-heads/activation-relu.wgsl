// max(x, 0).
fn activate(value: f32) -> f32 { return max(value, 0.0); }
