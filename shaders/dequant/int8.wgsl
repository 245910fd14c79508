// Groups of 32 signed bytes, w = scale · q. Byte i of word j is weight 4j + i.
@group(0) @binding(0) var<storage, read> quants: array<vec4<u32>>;  // [N, BLOCKS, 2]

// q of the four bytes of a word. The xor makes q + 128 unsigned and puts it into the mantissa of 2²³ (0x4b000000) at once, which is
// faster than a conversion: 2²³ + 256ⁱ·(q + 128). Every step is exact.
fn signed_bytes(word: u32) -> vec4f {
  let bytes = vec4u(word, word, word >> 16u, word >> 16u) & vec4u(0xffu, 0xff00u, 0xffu, 0xff00u);
  let raised = bitcast<vec4f>(bytes ^ vec4u(0x4b000080u, 0x4b008000u, 0x4b000080u, 0x4b008000u));
  return raised * vec4f(1.0, 0.00390625, 1.0, 0.00390625) - vec4f(8388736.0, 32896.0, 8388736.0, 32896.0);
}

fn half_dot(words: vec4u, a: vec4f, b: vec4f, c: vec4f, d: vec4f) -> f32 {
  return dot(signed_bytes(words.x), a) + dot(signed_bytes(words.y), b) + dot(signed_bytes(words.z), c) + dot(signed_bytes(words.w), d);
}

// Dot product of 32 weights with 32 activations.
fn weight_dot(row: u32, block: u32, x: array<vec4f, 8>) -> f32 {
  let at = (row * BLOCKS + block) * 2u;
  return scale_of(row, block) * (half_dot(quants[at], x[0], x[1], x[2], x[3]) + half_dot(quants[at + 1u], x[4], x[5], x[6], x[7]));
}

// Weights 8·octet … 8·octet + 7 of a row.
fn weight_octet(row: u32, octet: u32) -> mat2x4f {
  let words = quants[row * BLOCKS * 2u + octet / 2u];
  let pair = select(words.xy, words.zw, octet % 2u == 1u);
  return scale_of(row, octet / 4u) * mat2x4f(signed_bytes(pair.x), signed_bytes(pair.y));
}
