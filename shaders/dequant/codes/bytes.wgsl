// Eight bits a weight; byte i of word j is weight 4j + i.
@group(0) @binding(0) var<storage, read> quants: array<vec4<u32>>;  // [N, BLOCKS, 2]

fn half_dot(words: vec4u, zero: f32, a: vec4f, b: vec4f, c: vec4f, d: vec4f) -> f32 {
  return dot(byte_values(words.x, zero), a) + dot(byte_values(words.y, zero), b) + dot(byte_values(words.z, zero), c) + dot(byte_values(words.w, zero), d);
}

// Dot products of the first and the last 16 codes of a block with as many activations.
fn code_dots(row: u32, block: u32, x: array<vec4f, 8>) -> vec2f {
  let at = (row * BLOCKS + block) * 2u;
  let zero = zero_of(row, block);
  return vec2f(half_dot(quants[at], zero, x[0], x[1], x[2], x[3]), half_dot(quants[at + 1u], zero, x[4], x[5], x[6], x[7]));
}

// Codes 8·octet … 8·octet + 7 of a row.
fn code_octet(row: u32, octet: u32) -> mat2x4f {
  let words = quants[row * BLOCKS * 2u + octet / 2u];
  let pair = select(words.xy, words.zw, octet % 2u == 1u);
  let zero = zero_of(row, octet / 4u);
  return mat2x4f(byte_values(pair.x, zero), byte_values(pair.y, zero));
}
