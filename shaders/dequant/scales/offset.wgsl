// Scale and offset for each block of a row (ggml's Q4_1 and Q5_1): w = d·q + m.
@group(0) @binding(SCALES_BINDING) var<storage, read> scales: array<u32>;  // [N, BLOCKS]: the halves d and m

fn block_scales(row: u32, block: u32) -> vec2f { return vec2f(half_value(scales[row * BLOCKS + block])); }
fn block_mins(row: u32, block: u32) -> vec2f { return vec2f(-half_value(scales[row * BLOCKS + block] >> 16u)); }
