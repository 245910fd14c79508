// Sum over the workgroup in a fixed order, so that runs repeat bitwise. Needs WORKGROUP.
var<workgroup> sum_scratch: array<f32, WORKGROUP>;

// Every invocation of the workgroup must call it, and each gets the result.
fn workgroup_sum(mine: f32, local: u32) -> f32 {
  workgroupBarrier();
  sum_scratch[local] = mine;
  for (var half = WORKGROUP / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local < half) { sum_scratch[local] += sum_scratch[local + half]; }
  }
  workgroupBarrier();
  return sum_scratch[0];
}
