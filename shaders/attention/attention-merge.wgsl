// Merges the splits of attention-decode.wgsl: softmax sums with different reference points, added in a fixed order.
// A workgroup serves 4 query heads and COLUMNS elements; PARTS invocations share the splits of an element.
@group(0) @binding(0) var<storage, read> partial: array<vec4f>;   // [KV_HEADS·TILES, MAX_SPLITS, VALUE_DIM + 2] of 4 heads: sums, maximum, total weight
@group(0) @binding(1) var<storage, read_write> out: array<f32>;    // [1, HEADS, VALUE_DIM]
@group(0) @binding(2) var<uniform> step: Step;

const PARTS = WORKGROUP / COLUMNS;
var<workgroup> maxima: array<vec4f, WORKGROUP>;
var<workgroup> sums: array<vec4f, WORKGROUP>;
var<workgroup> weighted: array<vec4f, WORKGROUP>;

fn write_head(kv_head: u32, in_group: u32, d: u32, value: f32) {
  if (in_group >= GROUP) { return; }
  let head = kv_head * GROUP + in_group;
  out[head * VALUE_DIM + d] = value * gate(0u, head, d);
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let splits = (min(step.position + step.count, REACH) + SPLIT - 1u) / SPLIT;
  let d = group.x * COLUMNS + local % COLUMNS;
  let base = group.y * MAX_SPLITS * (VALUE_DIM + 2u);
  var largest = vec4f(LOWEST);
  var sum = vec4f();
  var total = vec4f();
  if (d < VALUE_DIM) {
    for (var split = local / COLUMNS; split < splits; split += PARTS) {
      let at = base + split * (VALUE_DIM + 2u);
      let top = max(largest, partial[at + VALUE_DIM]);
      let old = exp(largest - top);
      let new_weight = exp(partial[at + VALUE_DIM] - top);
      sum = sum * old + partial[at + VALUE_DIM + 1u] * new_weight;
      total = total * old + partial[at + d] * new_weight;
      largest = top;
    }
  }
  maxima[local] = largest;
  sums[local] = sum;
  weighted[local] = total;
  workgroupBarrier();
  if (local >= COLUMNS || d >= VALUE_DIM) { return; }
  for (var part = 1u; part < PARTS; part++) {
    let at = part * COLUMNS + local;
    let top = max(largest, maxima[at]);
    let old = exp(largest - top);
    let new_weight = exp(maxima[at] - top);
    sum = sum * old + sums[at] * new_weight;
    total = total * old + weighted[at] * new_weight;
    largest = top;
  }
  let kv_head = group.y / TILES;
  let in_group = (group.y % TILES) * 4u;
  let first = kv_head * GROUP + in_group;
  let merged = total * normaliser(vec4f(sink(first), sink(first + 1u), sink(first + 2u), sink(first + 3u)), largest, sum);
  write_head(kv_head, in_group, d, merged.x);
  write_head(kv_head, in_group + 1u, d, merged.y);
  write_head(kv_head, in_group + 2u, d, merged.z);
  write_head(kv_head, in_group + 3u, d, merged.w);
}
