// One scale for each group of a row: 16 times the scale, in f16. The factor keeps scales that occur (from 2⁻¹⁸ on) away from the
// subnormal halves, which some adapters flush to zero.
@group(0) @binding(SCALES_BINDING) var<storage, read> scales: array<u32>;  // [N, ceil(GROUPS / 2)]: two f16 each

fn block_scales(row: u32, block: u32) -> vec2f {
  let group = block / GROUP_BLOCKS;
  let pair = unpack2x16float(scales[row * ((GROUPS + 1u) / 2u) + group / 2u]);
  return vec2f(0.0625 * select(pair.x, pair.y, group % 2u == 1u));
}
