const HIGH_BITS = 1u;
@group(0) @binding(HIGH_BINDING) var<storage, read> high: array<u32>;  // [N, BLOCKS]: bit i is weight i

// The fifth bits of weights 8·octet … 8·octet + 7, in the low byte.
fn high_octet(row: u32, octet: u32) -> u32 { return high[row * BLOCKS + octet / 4u] >> (octet % 4u * 8u); }

// q − zero of the codes in the low half of `low` and the low four bits of `top`.
fn low_codes(low: u32, top: u32, zero: f32) -> vec4f {
  let codes = ((vec4u(low) >> vec4u(0u, 4u, 8u, 12u)) & vec4u(15u)) | (((vec4u(top) >> vec4u(0u, 1u, 2u, 3u)) & vec4u(1u)) << vec4u(4u));
  return vec4f(codes) - vec4f(zero);
}
