// One scale for each block of a row: 16 times the scale, in f16. The factor keeps scales that occur (from 2⁻¹⁸ on) away from the
// subnormal halves, which some adapters flush to zero.
@group(0) @binding(1) var<storage, read> scales: array<u32>;  // [N, ceil(BLOCKS / 2)]: two f16 each

fn scale_of(row: u32, block: u32) -> f32 {
  let pair = unpack2x16float(scales[row * ((BLOCKS + 1u) / 2u) + block / 2u]);
  return 0.0625 * select(pair.x, pair.y, block % 2u == 1u);
}
