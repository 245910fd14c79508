@group(0) @binding(3) var<storage, read> bias: array<f32>;            // [EXPERTS]

fn choice_bias(score: f32, expert: u32) -> f32 { return score + bias[expert]; }
