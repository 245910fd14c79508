// Softmax of each part of a row. One workgroup a part.
@group(0) @binding(0) var<storage, read> x: array<f32>;          // [T, STRIDE], from COLUMN: [PARTS, DIM]
@group(0) @binding(1) var<storage, read_write> out: array<f32>;  // [T, OUT_STRIDE], PARTS · DIM of them used

var<workgroup> partial: array<f32, WORKGROUP>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = group.y * STRIDE + COLUMN + group.x * DIM;
  var largest = x[row];
  for (var i = local; i < DIM; i += WORKGROUP) { largest = max(largest, x[row + i]); }
  partial[local] = largest;
  for (var half = WORKGROUP / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local < half) { partial[local] = max(partial[local], partial[local + half]); }
  }
  workgroupBarrier();
  largest = partial[0];
  workgroupBarrier();
  var sum = 0.0;
  for (var i = local; i < DIM; i += WORKGROUP) { sum += exp(x[row + i] - largest); }
  partial[local] = sum;
  for (var half = WORKGROUP / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local < half) { partial[local] += partial[local + half]; }
  }
  workgroupBarrier();
  let target_row = group.y * OUT_STRIDE + group.x * DIM;
  for (var i = local; i < DIM; i += WORKGROUP) { out[target_row + i] = exp(x[row + i] - largest) / partial[0]; }
}
