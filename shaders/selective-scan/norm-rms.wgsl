// RMSNorm (Zhang & Sennrich 2019, arXiv:1910.07467) of B and of C, column after column of [B | C].
fn norm_factor(squares: f32) -> f32 { return inverseSqrt(squares / f32(STATE) + EPS); }

fn norm_weight(column: u32) -> f32 { return parameters[(STATE + 1u) * CHANNELS + column]; }
