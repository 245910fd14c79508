// RMSNorm over HEAD_DIM elements. WEIGHT_HEADS: heads that have weights of their own; the last one's serve all that follow.
@group(0) @binding(3) var<storage, read> weight: array<f32>;  // [WEIGHT_HEADS, HEAD_DIM]

fn inverse_rms(squares: f32, local: u32) -> f32 { return inverseSqrt(team_sum(squares, local) / f32(HEAD_DIM) + EPS); }
fn weight_of(head: u32, i: u32) -> f32 { return weight[min(head, WEIGHT_HEADS - 1u) * HEAD_DIM + i]; }
