// x · sigmoid(x). exp overflows to infinity below −88, which gives −0 as it should; the clamp keeps away from it, since WGSL need not have infinities.
fn activate(value: f32) -> f32 { return value / (1.0 + exp(min(-value, 80.0))); }
