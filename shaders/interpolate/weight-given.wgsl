@group(0) @binding(2) var<storage, read> weights: array<f32>;  // WIDTH from FIRST on

fn weight_of(token: u32, column: u32) -> f32 { return weights[FIRST + column]; }
