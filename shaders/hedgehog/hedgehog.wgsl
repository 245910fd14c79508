// Features of each head, [softmax(W x) | softmax(−W x)], written TIMES times. One workgroup a head.
@group(0) @binding(0) var<storage, read> x: array<f32>;          // [T, FROM_STRIDE], from FROM_COLUMN: [HEADS, DIM]
@group(0) @binding(1) var<storage, read> weight: array<f32>;     // [FEATURES, DIM]
@group(0) @binding(2) var<storage, read_write> out: array<f32>;  // [T, TO_STRIDE], from TO_COLUMN: [HEADS, TIMES, 2 · FEATURES]

var<workgroup> logits: array<f32, FEATURES>;
var<workgroup> partial: array<vec2f, WORKGROUP>;

// The larger of each, over the workgroup. All invocations must call it together.
fn workgroup_max(value: vec2f, local: u32) -> vec2f {
  workgroupBarrier();
  partial[local] = value;
  for (var half = WORKGROUP / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local < half) { partial[local] = max(partial[local], partial[local + half]); }
  }
  workgroupBarrier();
  return partial[0];
}

fn workgroup_sum(value: vec2f, local: u32) -> vec2f {
  workgroupBarrier();
  partial[local] = value;
  for (var half = WORKGROUP / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local < half) { partial[local] += partial[local + half]; }
  }
  workgroupBarrier();
  return partial[0];
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = group.y * FROM_STRIDE + FROM_COLUMN + group.x * DIM;
  var largest = vec2f(-3.0e38);
  for (var f = local; f < FEATURES; f += WORKGROUP) {
    var sum = 0.0;
    for (var i = 0u; i < DIM; i++) { sum += weight[f * DIM + i] * x[row + i]; }
    logits[f] = sum;
    largest = max(largest, vec2f(sum, -sum));
  }
  largest = workgroup_max(largest, local);
  var sums = vec2f();
  for (var f = local; f < FEATURES; f += WORKGROUP) { sums += exp(vec2f(logits[f], -logits[f]) - largest); }
  sums = workgroup_sum(sums, local);
  for (var f = local; f < FEATURES; f += WORKGROUP) {
    let features = exp(vec2f(logits[f], -logits[f]) - largest) / sums;
    for (var copy = 0u; copy < TIMES; copy++) {
      let at = group.y * TO_STRIDE + TO_COLUMN + (group.x * TIMES + copy) * 2u * FEATURES + f;
      out[at] = features.x;
      out[at + FEATURES] = features.y;
    }
  }
}
