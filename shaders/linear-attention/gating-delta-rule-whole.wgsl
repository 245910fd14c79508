// DeltaNet without a β of its own.
fn gate_of(token: u32, head: u32) -> Gate { return Gate(0.0, BETA_SCALE, 0.0); }
