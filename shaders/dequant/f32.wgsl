// Plain f32 weights.
@group(0) @binding(0) var<storage, read> quants: array<vec4<u32>>;  // [N, BLOCKS, 8]: four f32 each

fn weight_quad(row: u32, quad: u32) -> vec4f { return bitcast<vec4f>(quants[row * BLOCKS * 8u + quad]); }

// Dot product of 32 weights with 32 activations.
fn weight_dot(row: u32, block: u32, x: array<vec4f, 8>) -> f32 {
  let at = block * 8u;
  return dot(weight_quad(row, at), x[0]) + dot(weight_quad(row, at + 1u), x[1])
    + dot(weight_quad(row, at + 2u), x[2]) + dot(weight_quad(row, at + 3u), x[3])
    + dot(weight_quad(row, at + 4u), x[4]) + dot(weight_quad(row, at + 5u), x[5])
    + dot(weight_quad(row, at + 6u), x[6]) + dot(weight_quad(row, at + 7u), x[7]);
}

// Weights 8·octet … 8·octet + 7 of a row.
fn weight_octet(row: u32, octet: u32) -> mat2x4f {
  return mat2x4f(weight_quad(row, octet * 2u), weight_quad(row, octet * 2u + 1u));
}
