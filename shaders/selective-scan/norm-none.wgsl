fn norm_factor(squares: f32) -> f32 { return 1.0; }

fn norm_weight(column: u32) -> f32 { return 1.0; }
