// Merges the splits of attention: softmax sums with different reference points, added in a fixed order.
// A workgroup serves a quad, 4 query heads or 4 tokens, and COLUMNS elements; PARTS invocations share the splits of an element.
@group(0) @binding(0) var<storage, read> partial: array<vec4f>;   // [quads, splits, VALUE_DIM + 2] of a quad: sums, maximum, total weight
@group(0) @binding(1) var<storage, read_write> out: array<f32>;    // [T, HEADS, VALUE_DIM]
@group(0) @binding(2) var<uniform> step: Step;

const PARTS = WORKGROUP / COLUMNS;
var<workgroup> maxima: array<vec4f, WORKGROUP>;
var<workgroup> sums: array<vec4f, WORKGROUP>;
var<workgroup> weighted: array<vec4f, WORKGROUP>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let splits = split_count();
  let d = group.x * COLUMNS + local % COLUMNS;
  let base = group.y * splits * (VALUE_DIM + 2u);
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
  write_merged(group.y, d, total * normaliser(sinks_of(group.y), largest, sum));
}
