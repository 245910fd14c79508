// Weights are scales times codes less minima; each half of a block has its own.

// Dot product of 32 weights with 32 activations.
fn weight_dot(row: u32, block: u32, x: array<vec4f, 8>) -> f32 {
  let sums = vec2f(dot(x[0] + x[1] + x[2] + x[3], vec4f(1.0)), dot(x[4] + x[5] + x[6] + x[7], vec4f(1.0)));
  return dot(block_scales(row, block), code_dots(row, block, x)) - dot(block_mins(row, block), sums);
}

// Weights 8·octet … 8·octet + 7 of a row.
fn weight_octet(row: u32, octet: u32) -> mat2x4f {
  let scale = block_scales(row, octet / 4u)[octet % 4u / 2u];
  let codes = code_octet(row, octet);
  let minimum = vec4f(block_mins(row, octet / 4u)[octet % 4u / 2u]);
  return mat2x4f(scale * codes[0] - minimum, scale * codes[1] - minimum);
}
