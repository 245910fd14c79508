// out = Σ weight · (down · x + bias) over one token's chosen experts, in their order, or out += that. A team of TEAM invocations computes ROWS outputs over all
// experts: lane l multiplies blocks l, l + TEAM, … of 32 inputs of each, and the team adds up once, at the end.
@group(0) @binding(X_BINDING) var<storage, read> x: array<vec4f>;             // [TOP_K, X_QUADS], INPUTS columns used
@group(0) @binding(X_BINDING + 1u) var<storage, read> chosen: array<u32>;     // [TOP_K] experts
@group(0) @binding(X_BINDING + 2u) var<storage, read> weights: array<f32>;    // [TOP_K]
@group(0) @binding(OUT_BINDING) var<storage, read_write> out: array<f32>;     // [1, OUTPUTS]

// A block of 8 quads takes 9, so that lanes reading neighbouring blocks hit different banks.
var<workgroup> staged: array<vec4f, CHUNK * 9u>;

fn store(row: u32, sum: f32) {
  var value = sum;
  if (ACCUMULATE) { value = out[row] + sum; }
  for (var choice = 0u; choice < TOP_K; choice++) {
    if (chosen[choice] - FIRST_EXPERT < EXPERTS) { value += weights[choice] * add_bias(0.0, chosen[choice] * OUTPUTS + row); }
  }
  out[row] = value;
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let lane = local % TEAM;
  let first = (group.x * TEAMS + local / TEAM) * ROWS;
  // Teams beyond the last row compute it again and store nothing: barriers need all of them.
  let rows = min(vec4u(first) + vec4u(0u, 1u, 2u, 3u), vec4u(OUTPUTS - 1u));
  var sums = vec4f();
  for (var choice = 0u; choice < TOP_K; choice++) {
    let expert = chosen[choice] - FIRST_EXPERT;
    if (expert >= EXPERTS) { continue; }
    let base = vec4u(expert * OUTPUTS) + rows;
    var own = vec4f();
    for (var start = 0u; start < BLOCKS; start += CHUNK) {
      let blocks = min(CHUNK, BLOCKS - start);
      workgroupBarrier();
      for (var i = local; i < blocks * 8u; i += WORKGROUP) {
        let quad = start * 8u + i;
        staged[i / 8u * 9u + i % 8u] = masked(x[choice * X_QUADS + quad], quad);
      }
      workgroupBarrier();
      for (var i = lane; i < blocks; i += TEAM) {
        let at = i * 9u;
        let quads = array<vec4f, 8>(
          staged[at], staged[at + 1u], staged[at + 2u], staged[at + 3u],
          staged[at + 4u], staged[at + 5u], staged[at + 6u], staged[at + 7u]);
        own.x += weight_dot(base.x, start + i, quads);
        if (ROWS > 1u) { own.y += weight_dot(base.y, start + i, quads); }
        if (ROWS > 2u) {
          own.z += weight_dot(base.z, start + i, quads);
          own.w += weight_dot(base.w, start + i, quads);
        }
      }
    }
    sums = fma(vec4f(weights[choice]), own, sums);
  }
  sums.x = team_sum(sums.x, local);
  if (ROWS > 1u) { sums.y = team_sum(sums.y, local); }
  if (ROWS > 2u) {
    sums.z = team_sum(sums.z, local);
    sums.w = team_sum(sums.w, local);
  }
  // Lane r stores row r of the team.
  let sum = select(select(sums.x, sums.y, lane == 1u), select(sums.z, sums.w, lane == 3u), lane > 1u);
  if (lane < ROWS && first + lane < OUTPUTS) { store(first + lane, sum); }
}
