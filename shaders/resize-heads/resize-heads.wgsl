// Copies heads of FROM_DIM elements into heads of TO_DIM: cut off, or filled up with zeros.
@group(0) @binding(0) var<storage, read> x: array<f32>;          // [T, FROM_STRIDE], from FROM_COLUMN: [HEADS, FROM_DIM]
@group(0) @binding(1) var<storage, read_write> out: array<f32>;  // [T, TO_STRIDE], from TO_COLUMN: [HEADS, TO_DIM]

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = group.x * WORKGROUP + local;
  if (i >= HEADS * TO_DIM) { return; }
  let head = i / TO_DIM;
  let element = i % TO_DIM;
  var value = 0.0;
  if (element < FROM_DIM) { value = x[group.y * FROM_STRIDE + FROM_COLUMN + head * FROM_DIM + element]; }
  out[group.y * TO_STRIDE + TO_COLUMN + i] = value;
}
