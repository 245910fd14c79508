// One E4M3 scale for each 16 weights times one f32 factor a row (NVFP4). The codes are decoded as weights in E4M3 are.
@group(0) @binding(SCALES_BINDING) var<storage, read> scales: array<u32>;  // [N, 1 + ceil(BLOCKS / 2)]: the factor, then four bytes each

fn block_scales(row: u32, block: u32) -> vec2f {
  let start = row * (1u + (BLOCKS + 1u) / 2u);
  let bytes = vec2u(scales[start + 1u + block / 2u] >> (block % 2u * 16u)) >> vec2u(0u, 8u);
  let fields = (bytes & vec2u(0x7fu)) << vec2u(20u);
  let normals = bitcast<vec2f>(fields + vec2u(0x3c000000u));
  let subnormals = bitcast<vec2f>(fields + vec2u(0x3c800000u)) - vec2f(0.015625);
  let magnitudes = select(normals, subnormals, fields < vec2u(0x00800000u));
  return bitcast<f32>(scales[start]) * bitcast<vec2f>(bitcast<vec2u>(magnitudes) | ((bytes & vec2u(0x80u)) << vec2u(24u)));
}
