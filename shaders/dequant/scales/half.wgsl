// The half in the low 16 bits. No denormal, which adapters may flush, is formed: a subnormal m·2⁻²⁴ comes from 2⁻¹⁴·(1 + m/1024) − 2⁻¹⁴.
fn half_value(bits: u32) -> f32 {
  let fields = (bits & 0x7fffu) << 13u;
  let magnitude = select(bitcast<f32>(fields + 0x38000000u), bitcast<f32>(fields + 0x38800000u) - 0.00006103515625, fields < 0x00800000u);
  return bitcast<f32>(bitcast<u32>(magnitude) | ((bits & 0x8000u) << 16u));
}
