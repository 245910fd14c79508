// β = BETA_SCALE · sigmoid(b); a scale of 2 lets the state's eigenvalues be negative (arXiv:2411.12537). Needs common/sigmoid.wgsl.
@group(0) @binding(BETA_BINDING) var<storage, read> betas: array<f32>;  // [T, BETA_STRIDE], from BETA_COLUMN: [VALUE_HEADS]

fn beta(token: u32, head: u32) -> f32 { return BETA_SCALE * sigmoid(betas[token * BETA_STRIDE + BETA_COLUMN + head]); }
