// IEEE halves, read without `shader-f16`.
@group(0) @binding(0) var<storage, read> quants: array<vec4<u32>>;  // [N, BLOCKS, 4]: eight f16 each

// Weights 8·octet … 8·octet + 7 of a row.
fn weight_octet(row: u32, octet: u32) -> mat2x4f {
  let words = quants[row * BLOCKS * 4u + octet];
  return mat2x4f(
    vec4f(unpack2x16float(words.x), unpack2x16float(words.y)),
    vec4f(unpack2x16float(words.z), unpack2x16float(words.w)));
}

fn octet_dot(row: u32, octet: u32, low: vec4f, high: vec4f) -> f32 {
  let weights = weight_octet(row, octet);
  return dot(weights[0], low) + dot(weights[1], high);
}

// Dot product of 32 weights with 32 activations.
fn weight_dot(row: u32, block: u32, x: array<vec4f, 8>) -> f32 {
  let at = block * 4u;
  return octet_dot(row, at, x[0], x[1]) + octet_dot(row, at + 1u, x[2], x[3])
    + octet_dot(row, at + 2u, x[4], x[5]) + octet_dot(row, at + 3u, x[6], x[7]);
}
