// An expert's share in the softmax. Logits are in the order of shares, and choose without rounding.
fn choice_of(logit: f32, expert: u32) -> f32 { return logit; }

fn score_of(logit: f32, first: f32) -> f32 { return exp(logit - first); }
