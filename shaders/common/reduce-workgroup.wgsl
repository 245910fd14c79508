// Sum over a team of TEAM neighbouring invocations through workgroup memory. All invocations must call it together.
// Needs WORKGROUP and TEAM (a power of two). Each member gets the sum.
var<workgroup> team_scratch: array<f32, WORKGROUP>;

fn team_sum(value: f32, local: u32) -> f32 {
  workgroupBarrier();
  team_scratch[local] = value;
  let first = local - local % TEAM;
  for (var half = TEAM / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local - first < half) { team_scratch[local] += team_scratch[local + half]; }
  }
  workgroupBarrier();
  return team_scratch[first];
}
