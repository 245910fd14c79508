// E2M1 (OCP Microscaling Formats 1.0, section 5.3.3): 0, ½, 1, 1½, 2, 3, 4, 6; bit 3 is the sign. Exponent and mantissa move to their
// places in an f32 and the exponent is rebased from 1 to 127; the subnormal ½ is 1·(1 + ½) − 1.
fn low_nibbles(word: u32, zero: f32) -> vec4f {
  let nibbles = vec4u(word, word >> 4u, word >> 8u, word >> 12u);
  let fields = (nibbles & vec4u(7u)) << vec4u(22u);
  let normals = bitcast<vec4f>(fields + vec4u(0x3f000000u));
  let subnormals = bitcast<vec4f>(fields + vec4u(0x3f800000u)) - vec4f(1.0);
  let magnitudes = select(normals, subnormals, fields < vec4u(0x00800000u));
  return bitcast<vec4f>(bitcast<vec4u>(magnitudes) | ((nibbles & vec4u(8u)) << vec4u(28u)));
}
