@group(0) @binding(X_BINDING) var<storage, read> x: array<vec4f>;  // [T, X_QUADS], INPUTS columns used

fn x_quad(token: u32, quad: u32) -> vec4f { return x[token * X_QUADS + quad]; }
