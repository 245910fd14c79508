// Penalties and temperature, in place, with each block's maximum and Σ exp(y − maximum), and cleared scratch for the
// kernels that follow. One workgroup a block.
@group(0) @binding(0) var<uniform> settings: Settings;
@group(0) @binding(1) var<storage, read_write> logits: array<vec4u>;           // bits of f32 [VOCABULARY], padded to four
@group(0) @binding(2) var<storage, read> counts: array<u32>;                   // [VOCABULARY]
@group(0) @binding(3) var<storage, read_write> partials: array<Partial>;       // [BLOCKS]
@group(0) @binding(4) var<storage, read_write> histogram: array<vec2u>;        // [BUCKETS]
@group(0) @binding(5) var<storage, read_write> candidates: Candidates;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  if (group.x == 0u) {
    histogram[local] = vec2u(0u);
    if (local == 0u) { candidates.count = 0u; }
  }
  var mine = nothing();
  for (var part = 0u; part < VECTORS; part++) {
    let index = (group.x * VECTORS + part) * WORKGROUP + local;
    if (index * 4u >= VOCABULARY) { break; }
    var four = logits[index];
    for (var lane = 0u; lane < 4u; lane++) {
      let token = index * 4u + lane;
      if (token >= VOCABULARY || four[lane] == MASKED) { continue; }
      if (is_broken(four[lane])) {
        mine = broken();
        continue;
      }
      let y = adjusted(four[lane], token);
      four[lane] = bitcast<u32>(y);
      mine = better(mine, Best(y, token));
    }
    logits[index] = four;
  }
  let best = workgroup_best(mine, local);
  // The same invocation wrote what it reads here.
  var mass = 0.0;
  for (var part = 0u; part < VECTORS; part++) {
    let index = (group.x * VECTORS + part) * WORKGROUP + local;
    if (index * 4u >= VOCABULARY) { break; }
    let four = logits[index];
    for (var lane = 0u; lane < 4u; lane++) {
      if (index * 4u + lane < VOCABULARY && four[lane] != MASKED) { mass += exp(bitcast<f32>(four[lane]) - best.score); }
    }
  }
  let sum = workgroup_sum(mass, local);
  if (local == 0u) { partials[group.x] = Partial(best, sum); }
}
