// What the output is divided by: max(|q·n|, e^{−m}) + EPS.
fn divisor(qn: f32, m: f32) -> f32 { return max(abs(qn), exp(min(-m, 80.0))) + EPS; }
