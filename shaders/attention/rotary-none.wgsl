// No rotary embedding. Same signature as in rotary-half.wgsl.
fn rotate(value: vec4f, local: u32, position: u32) -> vec4f { return value; }
