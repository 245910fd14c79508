fn activated(z: f32) -> f32 { return 1.0; }
