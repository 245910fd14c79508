// What the splits of attention-decode.wgsl are of: four query heads of one token.
fn split_count() -> u32 { return (min(step.position + step.count, REACH) + SPLIT - 1u) / SPLIT; }
