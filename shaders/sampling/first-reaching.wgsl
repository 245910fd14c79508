// Where a running sum of weights, one an invocation, first reaches `wanted`. Needs WORKGROUP and weight.wgsl.
struct Reached {
  index: u32,    // the invocation; the last one if the sum stays below
  before: vec2u, // sum of the weights before it
}

var<workgroup> running: array<vec2u, WORKGROUP>;
var<workgroup> reached: Reached;

// Fills `running` with inclusive sums. Every invocation of the workgroup must call it.
fn workgroup_running_sum(mine: vec2u, local: u32) {
  workgroupBarrier();
  running[local] = carried(mine);
  workgroupBarrier();
  for (var reach = 1u; reach < WORKGROUP; reach *= 2u) {
    var sum = running[local];
    if (local >= reach) { sum = carried(sum + running[local - reach]); }
    workgroupBarrier();
    running[local] = sum;
    workgroupBarrier();
  }
}

// After `workgroup_running_sum`. Every invocation of the workgroup must call it, and each gets the result.
fn first_reaching(wanted: vec2u, local: u32) -> Reached {
  if (local == 0u) { reached = Reached(WORKGROUP - 1u, vec2u(0u)); }
  workgroupBarrier();
  var before = vec2u(0u);
  if (local > 0u) { before = running[local - 1u]; }
  if (at_least(running[local], wanted) && !at_least(before, wanted)) { reached = Reached(local, before); }
  workgroupBarrier();
  return reached;
}
