// One scale for each group of a row.
@group(0) @binding(SCALES_BINDING) var<storage, read> scales: array<f32>;  // [N, GROUPS]

fn block_scales(row: u32, block: u32) -> vec2f { return vec2f(scales[row * GROUPS + block / GROUP_BLOCKS]); }
