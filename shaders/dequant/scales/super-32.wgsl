// ggml's super-blocks of 256 with a signed scale for each 32 (IQ4_XS): w = d·scale·q.
@group(0) @binding(SCALES_BINDING) var<storage, read> scales: array<u32>;  // [N, SUPERS, 3]: the half d, then 8 signed bytes

fn block_scales(row: u32, block: u32) -> vec2f {
  let start = (row * SUPERS + block / 8u) * 3u;
  let word = scales[start + 1u + block % 8u / 4u];
  return vec2f(half_value(scales[start]) * f32(bitcast<i32>(word << (24u - block % 4u * 8u)) >> 24u));
}
