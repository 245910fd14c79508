@group(0) @binding(X_BINDING) var<storage, read> x: array<vec4f>;  // [1, X_QUADS], INPUTS columns used

fn x_quad(quad: u32) -> vec4f { return x[quad]; }
