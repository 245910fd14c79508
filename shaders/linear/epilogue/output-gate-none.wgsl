fn gate_output(token: u32, value: f32) -> f32 { return value; }
