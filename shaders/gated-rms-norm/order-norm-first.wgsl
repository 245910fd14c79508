fn before_norm(x: f32, z: f32) -> f32 { return x; }
fn after_norm(x: f32, z: f32) -> f32 { return x * activated(z); }
