// The token with the highest score, the lowest id among equals. Needs WORKGROUP.
struct Best { score: f32, token: u32 }

const MASKED = 0xff800000u;  // bits of a logit of −inf: a token that must never be picked
const NO_TOKEN = 0xffffffffu;
const LOWEST = -3.4028234e38;
// Loses against every token, and wins against every token: what a NaN turns the whole step into.
fn nothing() -> Best { return Best(LOWEST, NO_TOKEN); }
fn broken() -> Best { return Best(-LOWEST, NO_TOKEN); }

fn better(a: Best, b: Best) -> Best {
  if (a.score > b.score || (a.score == b.score && a.token < b.token)) { return a; }
  return b;
}

var<workgroup> best_scratch: array<Best, WORKGROUP>;

// Every invocation of the workgroup must call it, and each gets the result.
fn workgroup_best(mine: Best, local: u32) -> Best {
  workgroupBarrier();
  best_scratch[local] = mine;
  for (var half = WORKGROUP / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local < half) { best_scratch[local] = better(best_scratch[local], best_scratch[local + half]); }
  }
  workgroupBarrier();
  return best_scratch[0];
}
