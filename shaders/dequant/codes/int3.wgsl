// Three bits a weight: two in `quants` (bits 2i and 2i + 1 of word j are weight 16j + i), the third in `high` (bit i is weight i).
@group(0) @binding(0) var<storage, read> quants: array<vec2<u32>>;       // [N, BLOCKS]
@group(0) @binding(HIGH_BINDING) var<storage, read> high: array<u32>;    // [N, BLOCKS]

// q − zero of the codes in the low byte of `low` and the low four bits of `top`.
fn low_codes(low: u32, top: u32, zero: f32) -> vec4f {
  let codes = ((vec4u(low) >> vec4u(0u, 2u, 4u, 6u)) & vec4u(3u)) | (((vec4u(top) >> vec4u(0u, 1u, 2u, 3u)) & vec4u(1u)) << vec4u(2u));
  return vec4f(codes) - vec4f(zero);
}

fn word_dot(low: u32, top: u32, zero: f32, a: vec4f, b: vec4f, c: vec4f, d: vec4f) -> f32 {
  return dot(low_codes(low, top, zero), a) + dot(low_codes(low >> 8u, top >> 4u, zero), b)
    + dot(low_codes(low >> 16u, top >> 8u, zero), c) + dot(low_codes(low >> 24u, top >> 12u, zero), d);
}

// Dot products of the first and the last 16 codes of a block with as many activations.
fn code_dots(row: u32, block: u32, x: array<vec4f, 8>) -> vec2f {
  let words = quants[row * BLOCKS + block];
  let tops = high[row * BLOCKS + block];
  let zero = zero_of(row, block);
  return vec2f(word_dot(words.x, tops, zero, x[0], x[1], x[2], x[3]), word_dot(words.y, tops >> 16u, zero, x[4], x[5], x[6], x[7]));
}

// Codes 8·octet … 8·octet + 7 of a row.
fn code_octet(row: u32, octet: u32) -> mat2x4f {
  let at = row * BLOCKS + octet / 4u;
  let low = quants[at][octet % 4u / 2u] >> (octet % 2u * 16u);
  let top = high[at] >> (octet % 4u * 8u);
  let zero = zero_of(row, octet / 4u);
  return mat2x4f(low_codes(low, top, zero), low_codes(low >> 8u, top >> 4u, zero));
}
