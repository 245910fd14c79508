// Writes the kernel's keys and values [KV_HEADS, CAPACITY, HEAD_DIM], stored as f32. `index4` counts groups of 4 elements.
// A workgroup holds exactly one row and all of it calls together, so that a scaled format can reduce over the row.
fn store_key(index4: u32, value: vec4f) { keys[index4] = value; }
fn store_value(index4: u32, value: vec4f) { values[index4] = value; }
