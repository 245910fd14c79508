@group(0) @binding(NORM_BINDING) var<storage, read> norm_weight: array<vec4f>;  // [X_QUADS]

fn norm_quad(quad: u32) -> vec4f { return norm_weight[quad]; }
