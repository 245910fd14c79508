// Columns of out from OFFSET on = FACTOR · x, or += ….
@group(0) @binding(0) var<storage, read> x: array<f32>;           // [T, STRIDE], WIDTH of them used
@group(0) @binding(1) var<storage, read_write> out: array<f32>;   // [T, OUT_STRIDE]

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let column = group.x * WORKGROUP + local;
  if (column >= WIDTH) { return; }
  let value = FACTOR * x[group.y * STRIDE + column];
  let at = group.y * OUT_STRIDE + OFFSET + column;
  if (ACCUMULATE) { out[at] += value; } else { out[at] = value; }
}
