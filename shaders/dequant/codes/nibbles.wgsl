// Four bits a weight, one 128-bit load a block; nibble i of word j is weight 8j + i.
@group(0) @binding(0) var<storage, read> quants: array<vec4<u32>>;  // [N, BLOCKS]

fn word_dot(word: u32, zero: f32, low: vec4f, high: vec4f) -> f32 {
  return dot(low_nibbles(word, zero), low) + dot(low_nibbles(word >> 16u, zero), high);
}

// Dot products of the first and the last 16 codes of a block with as many activations.
fn code_dots(row: u32, block: u32, x: array<vec4f, 8>) -> vec2f {
  let words = quants[row * BLOCKS + block];
  let zero = zero_of(row, block);
  return vec2f(
    word_dot(words.x, zero, x[0], x[1]) + word_dot(words.y, zero, x[2], x[3]),
    word_dot(words.z, zero, x[4], x[5]) + word_dot(words.w, zero, x[6], x[7]));
}

// Codes 8·octet … 8·octet + 7 of a row.
fn code_octet(row: u32, octet: u32) -> mat2x4f {
  let word = quants[row * BLOCKS + octet / 4u][octet % 4u];
  let zero = zero_of(row, octet / 4u);
  return mat2x4f(low_nibbles(word, zero), low_nibbles(word >> 16u, zero));
}
