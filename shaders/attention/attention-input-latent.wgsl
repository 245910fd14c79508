// Files keys and values of latent attention in the cache: each head's key is its own part, then one that all heads share; a value is
// followed by zeros. One workgroup a row of the cache: heads of keys, then of values; one invocation for 4 elements of it.
@group(0) @binding(0) var<storage, read> expanded: array<vec4f>;        // [T, EXPANDED_VECS], per head [own part of k: OWN_ROW4 | v: VALUE_ROW4]
@group(0) @binding(1) var<storage, read> shared_keys: array<vec4f>;     // [T, SHARED_VECS], from SHARED_VEC: ROW4 − OWN_ROW4
@group(0) @binding(2) var<storage, read_write> keys: array<KvWord>;     // [KV_HEADS, CAPACITY, HEAD_DIM]
@group(0) @binding(3) var<storage, read_write> values: array<KvWord>;   // [KV_HEADS, CAPACITY, HEAD_DIM]
@group(0) @binding(4) var<uniform> step: Step;

@compute @workgroup_size(ROW4)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let t = group.y + group.z * GRID_Y;
  if (t >= step.count) { return; }
  let head = group.x % KV_HEADS;
  let row = head * CAPACITY + step.position + t;
  let own = t * EXPANDED_VECS + head * (OWN_ROW4 + VALUE_ROW4);
  if (group.x < KV_HEADS) {
    var key: vec4f;
    if (local < OWN_ROW4) { key = expanded[own + local]; } else { key = shared_keys[t * SHARED_VECS + SHARED_VEC + local - OWN_ROW4]; }
    store_key(row, local, key);
  } else {
    var value = vec4f();
    if (local < VALUE_ROW4) { value = expanded[own + OWN_ROW4 + local]; }
    store_value(row, local, value);
  }
}
