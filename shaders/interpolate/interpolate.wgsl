// Per element: own + weight · (towards − own). One invocation a column and token. Needs an `own` and a `weight_of` snippet.
@group(0) @binding(0) var<storage, read> towards: array<f32>;     // [T, TOWARDS_STRIDE], WIDTH columns from TOWARDS_COLUMN on
@group(0) @binding(1) var<storage, read_write> out: array<f32>;   // [T, OUT_STRIDE], WIDTH columns from OUT_COLUMN on

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let column = group.x * WORKGROUP + local;
  if (column >= WIDTH) { return; }
  let token = group.y;
  let at = token * OUT_STRIDE + OUT_COLUMN + column;
  let value = own(at);
  out[at] = value + weight_of(token, column) * (towards[token * TOWARDS_STRIDE + TOWARDS_COLUMN + column] - value);
}
