// Same signature as in rotation-half.wgsl.
fn rotated(row: u32, element: u32, token: u32) -> f32 { return activate(x[row + element]); }
