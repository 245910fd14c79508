// Of columns [B | C | x]; `at` is B's.
fn convolved(at: u32) -> f32 { return x[at] * x[at + 2u * CHANNELS]; }
fn gated(sum: f32, at: u32) -> f32 { return sum * x[at + CHANNELS]; }
