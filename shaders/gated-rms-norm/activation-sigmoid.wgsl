fn activated(z: f32) -> f32 { return sigmoid(z); }
