fn gate_of(token: u32, channel: u32) -> f32 { return 1.0; }
