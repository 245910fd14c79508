// Reads the kernel's keys and values [KV_HEADS, CAPACITY, HEAD_DIM], stored as f32. `index4` counts groups of 4 elements.
fn load_key(index4: u32) -> vec4f { return keys[index4]; }
fn load_value(index4: u32) -> vec4f { return values[index4]; }
