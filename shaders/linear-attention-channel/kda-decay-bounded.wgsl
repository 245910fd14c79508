// At least LOWER_BOUND (`naive_kda_lowerbound_gate` in fla/ops/kda/gate.py). Needs common/sigmoid.wgsl.
fn log_decay(rate: f32, x: f32) -> f32 { return LOWER_BOUND * sigmoid(-rate * x); }
