// Groups of 32 signed nibbles, w = scale · (q − 8). A group is one 128-bit load; nibble i of word j is weight 8j + i.
@group(0) @binding(0) var<storage, read> quants: array<vec4<u32>>;  // [N, BLOCKS]

// q − 8 of the four nibbles in the low half of a word. 0x4b000000 is 2²³, whose unit is 1: or-ing a nibble into the mantissa
// makes 2²³ + 16ⁱ·q without a conversion, which GPUs do at a quarter of their rate. Every step is exact.
fn low_nibbles(word: u32) -> vec4f {
  let raised = bitcast<vec4f>((vec4u(word) & vec4u(0xfu, 0xf0u, 0xf00u, 0xf000u)) | vec4u(0x4b000000u));
  return raised * vec4f(1.0, 0.0625, 0.00390625, 0.000244140625) - vec4f(8388616.0, 524296.0, 32776.0, 2056.0);
}

fn word_dot(word: u32, low: vec4f, high: vec4f) -> f32 {
  return dot(low_nibbles(word), low) + dot(low_nibbles(word >> 16u), high);
}

// Dot product of 32 weights with 32 activations.
fn weight_dot(row: u32, block: u32, x: array<vec4f, 8>) -> f32 {
  let words = quants[row * BLOCKS + block];
  return scale_of(row, block)
    * (word_dot(words.x, x[0], x[1]) + word_dot(words.y, x[2], x[3]) + word_dot(words.z, x[4], x[5]) + word_dot(words.w, x[6], x[7]));
}

// Weights 8·octet … 8·octet + 7 of a row.
fn weight_octet(row: u32, octet: u32) -> mat2x4f {
  let word = quants[row * BLOCKS + octet / 4u][octet % 4u];
  return scale_of(row, octet / 4u) * mat2x4f(low_nibbles(word), low_nibbles(word >> 16u));
}
