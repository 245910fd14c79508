// q − zero of the four nibbles in the low half of a word. 0x4b000000 is 2²³, whose unit is 1: or-ing a nibble into the mantissa
// makes 2²³ + 16ⁱ·q without a conversion, which GPUs do at a quarter of their rate. Every step is exact for zeros up to 16.
fn low_nibbles(word: u32, zero: f32) -> vec4f {
  let raised = bitcast<vec4f>((vec4u(word) & vec4u(0xfu, 0xf0u, 0xf00u, 0xf000u)) | vec4u(0x4b000000u));
  return raised * vec4f(1.0, 0.0625, 0.00390625, 0.000244140625) - (vec4f(8388608.0, 524288.0, 32768.0, 2048.0) + vec4f(zero));
}
