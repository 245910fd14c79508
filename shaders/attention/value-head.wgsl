// The head of the cached values that columns of 4 of an output come from: the key's own, or where VALUE_HEADS lie side by side, one of these.
fn value_head(kv_head: u32, column: u32) -> u32 { return kv_head - kv_head % VALUE_HEADS + column / ROW4; }
