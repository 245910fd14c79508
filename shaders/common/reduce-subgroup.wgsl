// Sum over a team of TEAM neighbouring invocations of one subgroup; TEAM is at most the smallest subgroup size of the adapter.
// Same signature as in reduce-workgroup.wgsl. Each member gets the sum.
fn team_sum(value: f32, local: u32) -> f32 {
  var sum = value;
  for (var mask = TEAM / 2u; mask > 0u; mask /= 2u) { sum += subgroupShuffleXor(sum, mask); }
  return sum;
}
