// Files keys and values of each chunk's last token in the cache. One workgroup a row of the cache: heads of keys, then of values; one
// invocation for 4 elements of it. Needs common/step.wgsl and what writes a row.
@group(0) @binding(0) var<storage, read> own_keys: array<vec4f>;        // [T, HEADS, ROW4]
@group(0) @binding(1) var<storage, read> own_values: array<vec4f>;      // [T, HEADS, ROW4]
@group(0) @binding(2) var<storage, read_write> keys: array<KvWord>;     // [HEADS, CAPACITY, HEAD_DIM]
@group(0) @binding(3) var<storage, read_write> values: array<KvWord>;   // [HEADS, CAPACITY, HEAD_DIM]
@group(0) @binding(4) var<uniform> step: Step;

@compute @workgroup_size(ROW4)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let chunk = step.position / CHUNK + group.y;
  let t = (chunk + 1u) * CHUNK - 1u - step.position;
  if (t >= step.count) { return; }
  let head = group.x % HEADS;
  let row = head * CAPACITY + chunk;
  let at = (t * HEADS + head) * ROW4 + local;
  if (group.x < HEADS) { store_key(row, local, own_keys[at]); } else { store_value(row, local, own_values[at]); }
}
