// out = weight · x for one token. A team of TEAM invocations computes ROWS outputs: lane l multiplies blocks l, l + TEAM, … of 32 inputs,
// which it reads from x once for all rows, then the team adds up. x is staged in workgroup memory, CHUNK blocks at a time.
// A block of 8 quads takes 9, so that lanes reading neighbouring blocks hit different banks.
var<workgroup> staged: array<vec4f, CHUNK * 9u>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let lane = local % TEAM;
  var squares = 0.0;
  var factor = 1.0;
  // More than one sweep over x only where it is staged as a whole: then the first serves all.
  for (var sweep = 0u; sweep < SWEEPS; sweep++) {
    let first = (((group.y * groups.x + group.x) * SWEEPS + sweep) * TEAMS + local / TEAM) * ROWS;
    // Teams beyond the last row compute it again and store nothing: barriers need all of them.
    let row0 = min(first, OUTPUTS - 1u);
    let row1 = min(first + 1u, OUTPUTS - 1u);
    let row2 = min(first + 2u, OUTPUTS - 1u);
    let row3 = min(first + 3u, OUTPUTS - 1u);
    var sums = vec4f();
    for (var start = 0u; start < BLOCKS; start += CHUNK) {
      let blocks = min(CHUNK, BLOCKS - start);
      if (sweep == 0u) {
        if (start > 0u) { workgroupBarrier(); }
        for (var i = local; i < blocks * 8u; i += WORKGROUP) {
          let quad = start * 8u + i;
          let value = masked(x_quad(quad), quad);
          squares += dot(value, value);
          staged[i / 8u * 9u + i % 8u] = masked(norm_apply(value, quad), quad);
        }
        workgroupBarrier();
      }
      for (var i = lane; i < blocks; i += TEAM) {
        let at = i * 9u;
        let quads = array<vec4f, 8>(
          staged[at], staged[at + 1u], staged[at + 2u], staged[at + 3u],
          staged[at + 4u], staged[at + 5u], staged[at + 6u], staged[at + 7u]);
        sums.x += weight_dot(row0, start + i, quads);
        if (ROWS > 1u) { sums.y += weight_dot(row1, start + i, quads); }
        if (ROWS > 2u) {
          sums.z += weight_dot(row2, start + i, quads);
          sums.w += weight_dot(row3, start + i, quads);
        }
      }
    }
    if (sweep == 0u) { factor = norm_factor(squares, local); }
    sums *= factor;
    sums.x = team_sum(sums.x, local);
    if (ROWS > 1u) { sums.y = team_sum(sums.y, local); }
    if (ROWS > 2u) {
      sums.z = team_sum(sums.z, local);
      sums.w = team_sum(sums.w, local);
    }
    // Lane r stores row r of the team, or pair r.
    if (GATED) {
      let pair = select(sums.xy, sums.zw, lane == 1u);
      if (lane * 2u < ROWS && first + lane * 2u < OUTPUTS) { store_gated(0u, first + lane * 2u, pair.x, pair.y); }
    } else {
      let sum = select(select(sums.x, sums.y, lane == 1u), select(sums.z, sums.w, lane == 3u), lane > 1u);
      if (lane < ROWS && first + lane < OUTPUTS) { store(0u, first + lane, sum); }
    }
  }
}
