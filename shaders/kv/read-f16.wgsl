// Reads the kernel's keys and values [KV_HEADS, CAPACITY, HEAD_DIM], stored as halves, 4 in a vec2u. `row` counts rows, `quad` groups of 4 elements.
fn load_key(row: u32, quad: u32) -> vec4f {
  let words = keys[row * ROW4 + quad];
  return vec4f(unpack2x16float(words.x), unpack2x16float(words.y));
}

fn load_value(row: u32, quad: u32) -> vec4f {
  let words = values[row * ROW4 + quad];
  return vec4f(unpack2x16float(words.x), unpack2x16float(words.y));
}
