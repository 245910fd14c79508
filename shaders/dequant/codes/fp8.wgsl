// The four E4M3FN numbers of a word (Micikevicius et al. 2022, arXiv:2209.05433). Exponent and mantissa move to their places in an f32
// and the exponent is rebased from 7 to 127; a subnormal m·2⁻⁹ comes from 2⁻⁶·(1 + m/8) − 2⁻⁶, so that no f32 or f16 denormal, which
// adapters may flush, is ever formed. The NaN codes 0x7f and 0xff never reach the GPU: what packs or loads a weight refuses them.
fn byte_values(word: u32, zero: f32) -> vec4f {
  let bytes = vec4u(word, word >> 8u, word >> 16u, word >> 24u);
  let fields = (bytes & vec4u(0x7fu)) << vec4u(20u);
  let normals = bitcast<vec4f>(fields + vec4u(0x3c000000u));
  let subnormals = bitcast<vec4f>(fields + vec4u(0x3c800000u)) - vec4f(0.015625);
  let magnitudes = select(normals, subnormals, fields < vec4u(0x00800000u));
  return bitcast<vec4f>(bitcast<vec4u>(magnitudes) | ((bytes & vec4u(0x80u)) << vec4u(24u)));
}
