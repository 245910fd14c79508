// ggml's super-blocks of 256 with six-bit scales and minima for each 32 (Q4_K, Q5_K): w = d·scale·q − dmin·min.
@group(0) @binding(SCALES_BINDING) var<storage, read> scales: array<u32>;  // [N, SUPERS, 5]: the halves d and dmin, then 8 pairs of bytes (scale, min)

fn scale_and_min(row: u32, block: u32) -> vec4f {
  let start = (row * SUPERS + block / 8u) * 5u;
  let pair = scales[start + 1u + block % 8u / 2u] >> (block % 2u * 16u);
  return vec4f(half_value(scales[start]), f32(pair & 0xffu), half_value(scales[start] >> 16u), f32((pair >> 8u) & 0xffu));
}

fn block_scales(row: u32, block: u32) -> vec2f {
  let parts = scale_and_min(row, block);
  return vec2f(parts.x * parts.y);
}

fn block_mins(row: u32, block: u32) -> vec2f {
  let parts = scale_and_min(row, block);
  return vec2f(parts.z * parts.w);
}
