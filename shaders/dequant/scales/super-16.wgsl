// ggml's super-blocks of 256 with a signed scale for each 16 (Q3_K, Q6_K): w = d·scale·q.
@group(0) @binding(SCALES_BINDING) var<storage, read> scales: array<u32>;  // [N, SUPERS, 5]: the half d, then 16 signed bytes

fn block_scales(row: u32, block: u32) -> vec2f {
  let start = (row * SUPERS + block / 8u) * 5u;
  let word = scales[start + 1u + block % 8u / 2u] >> (block % 2u * 16u);
  return half_value(scales[start]) * vec2f(bitcast<vec2i>(vec2u(word) << vec2u(24u, 16u)) >> vec2u(24u));
}
