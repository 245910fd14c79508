fn activate(value: f32) -> f32 { return 1.0 / (1.0 + exp(min(-value, 80.0))); }
