// out[t] = activate(gate) · up for the columns [gate | up] of x.
@group(0) @binding(0) var<storage, read> x: array<f32>;           // [T, STRIDE], 2 · WIDTH of them used
@group(0) @binding(1) var<storage, read_write> out: array<f32>;   // [T, OUT_STRIDE], WIDTH of them used

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let column = group.x * WORKGROUP + local;
  if (column >= WIDTH) { return; }
  let at = group.y * STRIDE + column;
  out[group.y * OUT_STRIDE + column] = activate(x[at]) * x[at + WIDTH];
}
