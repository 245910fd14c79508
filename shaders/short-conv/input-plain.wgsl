fn convolved(at: u32) -> f32 { return x[at]; }
fn gated(sum: f32, at: u32) -> f32 { return sum; }
