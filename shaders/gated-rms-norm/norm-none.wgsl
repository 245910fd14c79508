// No norm. Same signatures as in norm-rms.wgsl.
fn inverse_rms(squares: f32, local: u32) -> f32 { return 1.0; }
fn weight_of(head: u32, i: u32) -> f32 { return 1.0; }
