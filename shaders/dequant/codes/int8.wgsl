// q − zero of the four signed bytes of a word. The xor makes q + 128 unsigned and puts it into the mantissa of 2²³ (0x4b000000) at once,
// which is faster than a conversion: 2²³ + 256ⁱ·(q + 128). Every step is exact for zeros from −128 to 127.
fn byte_values(word: u32, zero: f32) -> vec4f {
  let bytes = vec4u(word, word, word >> 16u, word >> 16u) & vec4u(0xffu, 0xff00u, 0xffu, 0xff00u);
  let raised = bitcast<vec4f>(bytes ^ vec4u(0x4b000080u, 0x4b008000u, 0x4b000080u, 0x4b008000u));
  return raised * vec4f(1.0, 0.00390625, 1.0, 0.00390625) - (vec4f(8388736.0, 32896.0, 8388736.0, 32896.0) + vec4f(zero));
}
