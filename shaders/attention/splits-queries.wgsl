// What the splits of attention-prefill.wgsl are of: four tokens of one query head. Where a step has few tiles of tokens, the keys are shared between
// workgroups: of a head there are at most MOST, and none has fewer than SPAN keys. A longer step has one split.
fn tile_count() -> u32 { return (step.count + TILE - 1u) / TILE; }

fn split_count() -> u32 {
  let first_seen = step.position + 1u;
  let seen = step.count - 1u + min(first_seen, REACH);
  return max(1u, min(MOST / tile_count(), (seen + SPAN - 1u) / SPAN));
}
