// E4M3FN bytes (Micikevicius et al. 2022, arXiv:2209.05433) with one f32 scale a row. Byte i of word j is weight 4j + i.
// The NaN codes 0x7f and 0xff never reach the GPU: what packs or loads a weight refuses them.
@group(0) @binding(0) var<storage, read> quants: array<vec4<u32>>;  // [N, BLOCKS, 2]
@group(0) @binding(1) var<storage, read> scales: array<f32>;        // [N]

// The four values of a word. Exponent and mantissa move to their places in an f32 and the exponent is rebased from 7 to 127; a
// subnormal m·2⁻⁹ comes from 2⁻⁶·(1 + m/8) − 2⁻⁶, so that no f32 or f16 denormal, which adapters may flush, is ever formed.
fn fp8_values(word: u32) -> vec4f {
  let bytes = vec4u(word, word >> 8u, word >> 16u, word >> 24u);
  let fields = (bytes & vec4u(0x7fu)) << vec4u(20u);
  let normals = bitcast<vec4f>(fields + vec4u(0x3c000000u));
  let subnormals = bitcast<vec4f>(fields + vec4u(0x3c800000u)) - vec4f(0.015625);
  let magnitudes = select(normals, subnormals, fields < vec4u(0x00800000u));
  return bitcast<vec4f>(bitcast<vec4u>(magnitudes) | ((bytes & vec4u(0x80u)) << vec4u(24u)));
}

fn half_dot(words: vec4u, a: vec4f, b: vec4f, c: vec4f, d: vec4f) -> f32 {
  return dot(fp8_values(words.x), a) + dot(fp8_values(words.y), b) + dot(fp8_values(words.z), c) + dot(fp8_values(words.w), d);
}

// Dot product of 32 weights with 32 activations.
fn weight_dot(row: u32, block: u32, x: array<vec4f, 8>) -> f32 {
  let at = (row * BLOCKS + block) * 2u;
  return scales[row] * (half_dot(quants[at], x[0], x[1], x[2], x[3]) + half_dot(quants[at + 1u], x[4], x[5], x[6], x[7]));
}

// Weights 8·octet … 8·octet + 7 of a row.
fn weight_octet(row: u32, octet: u32) -> mat2x4f {
  let words = quants[row * BLOCKS * 2u + octet / 2u];
  let pair = select(words.xy, words.zw, octet % 2u == 1u);
  return scales[row] * mat2x4f(fp8_values(pair.x), fp8_values(pair.y));
}
