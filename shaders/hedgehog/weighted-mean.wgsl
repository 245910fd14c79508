// out[t, h] = x[t, h] / max(weight, LEAST) + factor · added[t, h], where a head of x is [DIM sums | their total weight | padding].
@group(0) @binding(0) var<storage, read> x: array<f32>;          // [T, HEADS, X_DIM]
@group(0) @binding(1) var<storage, read> added: array<f32>;      // [T, HEADS, DIM]
@group(0) @binding(2) var<storage, read> factor: array<f32>;     // [1]
@group(0) @binding(3) var<storage, read_write> out: array<f32>;  // [T, HEADS, DIM]

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = group.x * WORKGROUP + local;
  if (i >= HEADS * DIM) { return; }
  let head = (group.y * HEADS + i / DIM) * X_DIM;
  let at = group.y * HEADS * DIM + i;
  out[at] = x[head + i % DIM] / max(x[head + DIM], LEAST) + factor[0] * added[at];
}
