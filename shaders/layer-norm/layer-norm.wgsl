// out[t] = (x[t] − mean) / sqrt(variance + EPS) · weight + bias. One workgroup a row.
@group(0) @binding(0) var<storage, read> x: array<f32>;           // [T, STRIDE], WIDTH of them used
@group(0) @binding(1) var<storage, read> weight: array<f32>;      // [WIDTH]
@group(0) @binding(2) var<storage, read> bias: array<f32>;        // [WIDTH]
@group(0) @binding(3) var<storage, read_write> out: array<f32>;   // [T, STRIDE]

var<workgroup> partial: array<f32, WORKGROUP>;

// Sum over the workgroup. All invocations must call it together.
fn workgroup_sum(value: f32, local: u32) -> f32 {
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
  let row = group.x * STRIDE;
  var sum = 0.0;
  for (var i = local; i < WIDTH; i += WORKGROUP) { sum += x[row + i]; }
  let mean = workgroup_sum(sum, local) / f32(WIDTH);
  // The mean goes first: the difference of the mean square and the squared mean would cancel.
  var squares = 0.0;
  for (var i = local; i < WIDTH; i += WORKGROUP) {
    let centred = x[row + i] - mean;
    squares += centred * centred;
  }
  let inverse = inverseSqrt(workgroup_sum(squares, local) / f32(WIDTH) + EPS);
  for (var i = local; i < WIDTH; i += WORKGROUP) { out[row + i] = (x[row + i] - mean) * inverse * weight[i] + bias[i]; }
}
