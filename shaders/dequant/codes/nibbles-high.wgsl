// Five or six bits a weight: four in `quants` (nibble i of word j is weight 8j + i), the rest in `high`, which `high_octet` and
// `low_codes` know.
@group(0) @binding(0) var<storage, read> quants: array<vec4<u32>>;  // [N, BLOCKS]

fn octet_dot(low: u32, top: u32, zero: f32, a: vec4f, b: vec4f) -> f32 {
  return dot(low_codes(low, top, zero), a) + dot(low_codes(low >> 16u, top >> (4u * HIGH_BITS), zero), b);
}

// Dot products of the first and the last 16 codes of a block with as many activations.
fn code_dots(row: u32, block: u32, x: array<vec4f, 8>) -> vec2f {
  let words = quants[row * BLOCKS + block];
  let zero = zero_of(row, block);
  let octet = block * 4u;
  return vec2f(
    octet_dot(words.x, high_octet(row, octet), zero, x[0], x[1]) + octet_dot(words.y, high_octet(row, octet + 1u), zero, x[2], x[3]),
    octet_dot(words.z, high_octet(row, octet + 2u), zero, x[4], x[5]) + octet_dot(words.w, high_octet(row, octet + 3u), zero, x[6], x[7]));
}

// Codes 8·octet … 8·octet + 7 of a row.
fn code_octet(row: u32, octet: u32) -> mat2x4f {
  let low = quants[row * BLOCKS + octet / 4u][octet % 4u];
  let top = high_octet(row, octet);
  let zero = zero_of(row, octet / 4u);
  return mat2x4f(low_codes(low, top, zero), low_codes(low >> 16u, top >> (4u * HIGH_BITS), zero));
}
