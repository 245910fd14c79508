// SwiGLU (Shazeer 2020, arXiv:2002.05202).
fn glu(gate: f32, up: f32) -> f32 { return gate * sigmoid(gate) * up; }
