// out[t] = x[t] / sqrt(mean(x[t]²) + EPS) · weight, or out[t] += …. One workgroup a row.
@group(0) @binding(0) var<storage, read> x: array<f32>;           // [T, STRIDE], WIDTH of them used
@group(0) @binding(1) var<storage, read> weight: array<f32>;      // [WIDTH]
@group(0) @binding(2) var<storage, read_write> out: array<f32>;   // [T, OUT_STRIDE]

var<workgroup> partial: array<f32, WORKGROUP>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = group.x * STRIDE;
  var squares = 0.0;
  for (var i = local; i < WIDTH; i += WORKGROUP) { squares += x[row + i] * x[row + i]; }
  partial[local] = squares;
  for (var half = WORKGROUP / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local < half) { partial[local] += partial[local + half]; }
  }
  workgroupBarrier();
  let inverse = inverseSqrt(partial[0] / f32(WIDTH) + EPS);
  for (var i = local; i < WIDTH; i += WORKGROUP) {
    let value = x[row + i] * inverse * weight[i];
    let at = group.x * OUT_STRIDE + i;
    if (ACCUMULATE) { out[at] += value; } else { out[at] = value; }
  }
}
