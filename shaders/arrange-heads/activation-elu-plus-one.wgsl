// elu(x) + 1 (Katharopoulos et al. 2020, arXiv:2006.16236), which is e^x below 0.
fn activate(value: f32) -> f32 { return select(exp(max(value, -80.0)), value + 1.0, value > 0.0); }
