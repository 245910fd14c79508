// The code that stands for zero, ZERO more than a byte for each group of a row.
@group(0) @binding(ZEROS_BINDING) var<storage, read> zeros: array<u32>;  // [N, ceil(GROUPS / 4)]: four bytes each

fn zero_of(row: u32, block: u32) -> f32 {
  let group = block / GROUP_BLOCKS;
  return ZERO + f32((zeros[row * ((GROUPS + 3u) / 4u) + group / 4u] >> (group % 4u * 8u)) & 0xffu);
}
