fn norm_apply(value: vec4f, quad: u32) -> vec4f { return value; }
fn norm_factor(squares: f32, local: u32) -> f32 { return 1.0; }
