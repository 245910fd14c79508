// ggml's non-linear 4 bits (`kvalues_iq4nl` in ggml-common.h): −127 −104 −83 −65 −49 −35 −22 −10 1 13 25 38 53 69 89 113, four bytes in a word.
const IQ4 = vec4u(0xbfad9881u, 0xf6eaddcfu, 0x26190d01u, 0x71594535u);

fn low_nibbles(word: u32, zero: f32) -> vec4f {
  let nibbles = vec4u(word, word >> 4u, word >> 8u, word >> 12u) & vec4u(15u);
  let words = select(
    select(vec4u(IQ4.x), vec4u(IQ4.y), nibbles > vec4u(3u)),
    select(vec4u(IQ4.z), vec4u(IQ4.w), nibbles > vec4u(11u)),
    nibbles > vec4u(7u));
  return vec4f(bitcast<vec4i>(words << (vec4u(24u) - 8u * (nibbles & vec4u(3u)))) >> vec4u(24u));
}
