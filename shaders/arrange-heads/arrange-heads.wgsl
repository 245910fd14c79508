// Copies heads of FROM_DIM elements, or of means of POOL of these, each TIMES times, into heads of TO_DIM: cut off, or filled up with zeros, or where ONE with a one and zeros; on the way each element goes
// through `activate`, then each head through `normaliser` and `rotated`. Needs an activation, a sum and a rotation.
@group(0) @binding(0) var<storage, read> x: array<f32>;          // [T, FROM_STRIDE], from FROM_COLUMN: [HEADS / TIMES, FROM_DIM]
@group(0) @binding(1) var<storage, read_write> out: array<f32>;  // [T, TO_STRIDE], from TO_COLUMN: [HEADS, TO_DIM]

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = group.x * WORKGROUP + local;
  if (i >= HEADS * TO_DIM) { return; }
  let row = group.y * FROM_STRIDE + FROM_COLUMN + i / TO_DIM / TIMES * FROM_DIM;
  let element = i % TO_DIM;
  var value = 0.0;
  if (ONE && element == FROM_DIM / POOL) { value = 1.0; }
  if (element < FROM_DIM / POOL) { value = normaliser(row) * rotated(row, element, group.y); }
  out[group.y * TO_STRIDE + TO_COLUMN + i] = value;
}
