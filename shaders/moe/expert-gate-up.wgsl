// What one token's chosen experts make of it: gate and up, or up alone. As linear-vector.wgsl: a team of TEAM invocations computes ROWS outputs of one
// expert, lane l multiplies blocks l, l + TEAM, … of 32 inputs, and x is staged in workgroup memory, CHUNK blocks at a time.
@group(0) @binding(X_BINDING) var<storage, read> x: array<vec4f>;             // [1, X_QUADS], INPUTS columns used
@group(0) @binding(X_BINDING + 1u) var<storage, read> chosen: array<u32>;     // [TOP_K] experts
@group(0) @binding(OUT_BINDING) var<storage, read_write> out: array<f32>;     // [TOP_K, OUT_STRIDE]

// A block of 8 quads takes 9, so that lanes reading neighbouring blocks hit different banks.
var<workgroup> staged: array<vec4f, CHUNK * 9u>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let expert = chosen[group.y] - FIRST_EXPERT;
  if (expert >= EXPERTS) { return; }
  let lane = local % TEAM;
  let first = (group.x * TEAMS + local / TEAM) * ROWS;
  // Teams beyond the last row compute it again and store nothing: barriers need all of them.
  let row0 = expert * OUTPUTS + min(first, OUTPUTS - 1u);
  let row1 = expert * OUTPUTS + min(first + 1u, OUTPUTS - 1u);
  let row2 = expert * OUTPUTS + min(first + 2u, OUTPUTS - 1u);
  let row3 = expert * OUTPUTS + min(first + 3u, OUTPUTS - 1u);
  var squares = 0.0;
  var sums = vec4f();
  for (var start = 0u; start < BLOCKS; start += CHUNK) {
    let blocks = min(CHUNK, BLOCKS - start);
    if (start > 0u) { workgroupBarrier(); }
    for (var i = local; i < blocks * 8u; i += WORKGROUP) {
      let quad = start * 8u + i;
      let value = masked(x[quad], quad);
      squares += dot(value, value);
      staged[i / 8u * 9u + i % 8u] = masked(norm_apply(value, quad), quad);
    }
    workgroupBarrier();
    for (var i = lane; i < blocks; i += TEAM) {
      let at = i * 9u;
      let quads = array<vec4f, 8>(
        staged[at], staged[at + 1u], staged[at + 2u], staged[at + 3u],
        staged[at + 4u], staged[at + 5u], staged[at + 6u], staged[at + 7u]);
      sums.x += weight_dot(row0, start + i, quads);
      sums.y += weight_dot(row1, start + i, quads);
      if (ROWS > 2u) {
        sums.z += weight_dot(row2, start + i, quads);
        sums.w += weight_dot(row3, start + i, quads);
      }
    }
  }
  sums *= norm_factor(squares, local);
  sums.x = team_sum(sums.x, local);
  sums.y = team_sum(sums.y, local);
  if (ROWS > 2u) {
    sums.z = team_sum(sums.z, local);
    sums.w = team_sum(sums.w, local);
  }
  // Lane r stores pair r.
  let pair = select(sums.xy, sums.zw, lane == 1u);
  if (lane * 2u < ROWS) { store_pair(chosen[group.y], first + lane * 2u, group.y, pair.x, pair.y); }
}
