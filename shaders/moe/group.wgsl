// Lists the assignments (the j-th choice of token t is number t · TOP_K + j) of each expert in ascending order, expert after expert,
// and cuts each expert's list into tiles. One workgroup an expert; each counts all assignments for itself.
@group(0) @binding(0) var<storage, read> chosen: array<u32>;         // [T, TOP_K]
@group(0) @binding(1) var<storage, read_write> order: array<u32>;    // [T · TOP_K] assignments
@group(0) @binding(2) var<storage, read_write> tiles: array<vec4u>;  // [most tiles]: expert, first place in order, assignments, unused
@group(0) @binding(3) var<uniform> step: Step;

var<workgroup> counts: array<atomic<u32>, EXPERTS>;  // assignments of each expert
var<workgroup> shares: array<u32, WORKGROUP>;        // this workgroup's expert in each invocation's share of all assignments

fn tiles_of(count: u32) -> u32 { return (count + TILE - 1u) / TILE; }

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  // Workgroup memory should begin as zeros, but SwiftShader leaves what an earlier workgroup of the dispatch had there.
  for (var i = local; i < EXPERTS; i += WORKGROUP) { atomicStore(&counts[i], 0u); }
  workgroupBarrier();
  let expert = group.x;
  let total = step.count * TOP_K;
  let share = (total + WORKGROUP - 1u) / WORKGROUP;
  let first = min(local * share, total);
  let end = min(first + share, total);
  var own = 0u;
  for (var i = first; i < end; i++) {
    let choice = chosen[i];
    atomicAdd(&counts[choice], 1u);
    if (choice == expert) { own++; }
  }
  shares[local] = own;
  workgroupBarrier();

  var place = 0u;
  var tile = 0u;
  for (var other = 0u; other < expert; other++) {
    let count = atomicLoad(&counts[other]);
    place += count;
    tile += tiles_of(count);
  }
  let count = atomicLoad(&counts[expert]);
  for (var i = local; i < tiles_of(count); i += WORKGROUP) {
    tiles[tile + i] = vec4u(expert, place + i * TILE, min(TILE, count - i * TILE), 0u);
  }
  if (expert == EXPERTS - 1u) {
    // As many workgroups run on tiles as there could be: the rest finds empty ones.
    let busy = min(EXPERTS, total);
    for (var i = tile + tiles_of(count) + local; i < busy + (total - busy) / TILE; i += WORKGROUP) { tiles[i] = vec4u(); }
  }
  for (var other = 0u; other < local; other++) { place += shares[other]; }
  for (var i = first; i < end; i++) {
    if (chosen[i] == expert) {
      order[place] = i;
      place++;
    }
  }
}
