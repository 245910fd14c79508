// Writes the kernel's keys and values [KV_HEADS, CAPACITY, HEAD_DIM], stored as f32. `row` counts rows, `quad` groups of 4 elements.
fn store_key(row: u32, quad: u32, value: vec4f) { keys[row * ROW4 + quad] = value; }
fn store_value(row: u32, quad: u32, value: vec4f) { values[row * ROW4 + quad] = value; }
