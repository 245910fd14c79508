fn activated(z: f32) -> f32 { return z * sigmoid(z); }
