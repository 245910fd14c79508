// Needs common/softplus.wgsl.
fn log_decay(rate: f32, x: f32) -> f32 { return rate * softplus(x); }
