// Two bits a weight: bits 2i and 2i + 1 of word j are weight 16j + i.
@group(0) @binding(0) var<storage, read> quants: array<vec2<u32>>;  // [N, BLOCKS]

// q − zero of the four codes in the low byte of a word.
fn low_codes(word: u32, zero: f32) -> vec4f { return vec4f((vec4u(word) >> vec4u(0u, 2u, 4u, 6u)) & vec4u(3u)) - vec4f(zero); }

fn word_dot(word: u32, zero: f32, a: vec4f, b: vec4f, c: vec4f, d: vec4f) -> f32 {
  return dot(low_codes(word, zero), a) + dot(low_codes(word >> 8u, zero), b) + dot(low_codes(word >> 16u, zero), c) + dot(low_codes(word >> 24u, zero), d);
}

// Dot products of the first and the last 16 codes of a block with as many activations.
fn code_dots(row: u32, block: u32, x: array<vec4f, 8>) -> vec2f {
  let words = quants[row * BLOCKS + block];
  let zero = zero_of(row, block);
  return vec2f(word_dot(words.x, zero, x[0], x[1], x[2], x[3]), word_dot(words.y, zero, x[4], x[5], x[6], x[7]));
}

// Codes 8·octet … 8·octet + 7 of a row.
fn code_octet(row: u32, octet: u32) -> mat2x4f {
  let word = quants[row * BLOCKS + octet / 4u][octet % 4u / 2u] >> (octet % 2u * 16u);
  let zero = zero_of(row, octet / 4u);
  return mat2x4f(low_codes(word, zero), low_codes(word >> 8u, zero));
}
