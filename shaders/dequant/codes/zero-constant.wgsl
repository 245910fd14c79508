fn zero_of(row: u32, block: u32) -> f32 { return ZERO; }
