// Histogram of the distance to the maximum: how many tokens (TOP_K) or which share of the distribution lies in each
// bucket. One workgroup a block.
@group(0) @binding(0) var<storage, read> logits: array<vec4u>;                   // bits of y [VOCABULARY], padded to four
@group(0) @binding(1) var<storage, read> partials: array<Partial>;               // [BLOCKS]
@group(0) @binding(2) var<storage, read_write> histogram: array<atomic<u32>>;    // [BUCKETS, 2]

var<workgroup> high: array<atomic<u32>, BUCKETS>;
var<workgroup> low: array<atomic<u32>, BUCKETS>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  atomicStore(&high[local], 0u);
  atomicStore(&low[local], 0u);
  let total = total_of_blocks(local);
  workgroupBarrier();
  for (var part = 0u; part < VECTORS; part++) {
    let index = (group.x * VECTORS + part) * WORKGROUP + local;
    let four = logits[index];
    for (var lane = 0u; lane < 4u; lane++) {
      if (index * 4u + lane >= VOCABULARY || four[lane] == MASKED) { continue; }
      let distance = total.best.score - bitcast<f32>(four[lane]);
      let bucket = bucket_of(distance);
      if (TOP_K) {
        atomicAdd(&high[bucket], 1u);
      } else {
        let share = share_of(distance, total.mass);
        atomicAdd(&high[bucket], share.x);
        atomicAdd(&low[bucket], share.y);
      }
    }
  }
  workgroupBarrier();
  // Carried first, so that the sum over the workgroups fits as well.
  let sum = carried(vec2u(atomicLoad(&high[local]), atomicLoad(&low[local])));
  if (sum.x > 0u) { atomicAdd(&histogram[local * 2u], sum.x); }
  if (sum.y > 0u) { atomicAdd(&histogram[local * 2u + 1u], sum.y); }
}
