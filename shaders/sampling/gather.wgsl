// Lists every token that may survive: all down to the bucket in which the first of the filters cuts. One workgroup a block.
@group(0) @binding(0) var<uniform> settings: Settings;
@group(0) @binding(1) var<storage, read> logits: array<vec4u>;             // bits of y [VOCABULARY], padded to four
@group(0) @binding(2) var<storage, read> partials: array<Partial>;         // [BLOCKS]
@group(0) @binding(3) var<storage, read> histogram: array<vec2u>;          // [BUCKETS]
@group(0) @binding(4) var<storage, read_write> candidates: Candidates;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let total = total_of_blocks(local);
  var last = BUCKETS - 1u;
  if (TOP_K || TOP_P) {
    workgroup_running_sum(histogram[local], local);
    let all = running[WORKGROUP - 1u];
    var wanted = vec2u(settings.top_k, 0u);
    if (!TOP_K) { wanted = fraction_of(all, settings.top_p); }
    last = first_reaching(wanted, local).index;
    if (group.x == 0u && local == 0u) { candidates.mass = all; }
  }
  for (var part = 0u; part < VECTORS; part++) {
    let index = (group.x * VECTORS + part) * WORKGROUP + local;
    let four = logits[index];
    for (var lane = 0u; lane < 4u; lane++) {
      let token = index * 4u + lane;
      if (token >= VOCABULARY || four[lane] == MASKED) { continue; }
      let y = bitcast<f32>(four[lane]);
      var keep = bucket_of(total.best.score - y) <= last;
      // Top-p needs the mass of what min-p drops, so min-p cuts here only where it is alone.
      if (MIN_P && !TOP_K && !TOP_P) { keep = y >= total.best.score + settings.min_logit; }
      if (keep) { candidates.entries[atomicAdd(&candidates.count, 1u)] = vec2u(token, four[lane]); }
    }
  }
}
