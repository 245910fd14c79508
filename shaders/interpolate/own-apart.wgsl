@group(0) @binding(3) var<storage, read> x: array<f32>;  // as `out`

fn own(at: u32) -> f32 { return x[at]; }
