// Reads the kernel's keys and values [KV_HEADS, CAPACITY, HEAD_DIM], stored as f32. `row` counts rows, `quad` groups of 4 elements.
fn load_key(row: u32, quad: u32) -> vec4f { return keys[row * ROW4 + quad]; }
fn load_value(row: u32, quad: u32) -> vec4f { return values[row * ROW4 + quad]; }
