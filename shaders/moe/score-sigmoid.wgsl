// Each expert's own sigmoid; the bias is for the choice alone.
fn choice_of(logit: f32, expert: u32) -> f32 { return choice_bias(sigmoid(logit), expert); }

fn score_of(logit: f32, first: f32) -> f32 { return sigmoid(logit); }
