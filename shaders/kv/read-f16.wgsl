// Reads the kernel's keys and values [KV_HEADS, CAPACITY, HEAD_DIM], stored as halves, 4 in a vec2u. `index4` counts groups of 4 elements.
fn load_key(index4: u32) -> vec4f {
  let words = keys[index4];
  return vec4f(unpack2x16float(words.x), unpack2x16float(words.y));
}

fn load_value(index4: u32) -> vec4f {
  let words = values[index4];
  return vec4f(unpack2x16float(words.x), unpack2x16float(words.y));
}
