// A gated linear unit (Shazeer 2020, arXiv:2002.05202) with any activation of the gate.
fn glu(gate: f32, up: f32) -> f32 { return activate(gate) * up; }
