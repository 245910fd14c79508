// One power of two for each block of a row (OCP Microscaling Formats 1.0, section 5.4.1): 2^(e − 127). The code 0, an f32 denormal that
// adapters may flush, counts as zero; the NaN code 255 never reaches the GPU.
@group(0) @binding(SCALES_BINDING) var<storage, read> scales: array<u32>;  // [N, ceil(BLOCKS / 4)]: four bytes each

fn block_scales(row: u32, block: u32) -> vec2f {
  let code = (scales[row * ((BLOCKS + 3u) / 4u) + block / 4u] >> (block % 4u * 8u)) & 0xffu;
  return vec2f(bitcast<f32>(code << 23u));
}
