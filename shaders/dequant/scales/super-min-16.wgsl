// ggml's super-blocks of 256 with four-bit scales and minima for each 16 (Q2_K): w = d·scale·q − dmin·min.
@group(0) @binding(SCALES_BINDING) var<storage, read> scales: array<u32>;  // [N, SUPERS, 5]: the halves d and dmin, then 16 bytes, min in the upper nibble

// The bytes of the two halves of a block.
fn half_bytes(start: u32, block: u32) -> vec2u { return vec2u(scales[start + 1u + block % 8u / 2u] >> (block % 2u * 16u)) >> vec2u(0u, 8u); }

fn block_scales(row: u32, block: u32) -> vec2f {
  let start = (row * SUPERS + block / 8u) * 5u;
  return half_value(scales[start]) * vec2f(half_bytes(start, block) & vec2u(15u));
}

fn block_mins(row: u32, block: u32) -> vec2f {
  let start = (row * SUPERS + block / 8u) * 5u;
  return half_value(scales[start] >> 16u) * vec2f((half_bytes(start, block) >> vec2u(4u)) & vec2u(15u));
}
