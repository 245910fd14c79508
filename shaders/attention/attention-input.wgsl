// Splits the fused projection [q | k | v] into heads, normalises and turns q and k, and files k and v in the cache.
// One workgroup a head row: heads of q, then of k, then of v; one invocation for 4 elements of it.
@group(0) @binding(0) var<storage, read> projection: array<vec4f>;         // [T, PROJECTION_STRIDE]
@group(0) @binding(1) var<storage, read_write> query: array<vec4f>;        // [T, HEADS, HEAD_DIM]
@group(0) @binding(2) var<storage, read_write> keys: array<KvWord>;        // [KV_HEADS, CAPACITY, HEAD_DIM]
@group(0) @binding(3) var<storage, read_write> values: array<KvWord>;      // [KV_HEADS, CAPACITY, HEAD_DIM]
@group(0) @binding(4) var<uniform> step: Step;

@compute @workgroup_size(ROW4)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = group.x;                                   // of HEADS + 2·KV_HEADS
  let t = group.y + group.z * GRID_Y;
  if (t >= step.count) { return; }
  let position = step.position + t;
  // With gates each head of q takes two rows of the projection; k and v follow behind them.
  var source_row = row;
  if (GATED) { source_row = select(row + HEADS, 2u * row, row < HEADS); }
  var value = projection[t * (PROJECTION_STRIDE / 4u) + source_row * ROW4 + local];
  if (row < HEADS) {
    value = rotate(normalise_query(value, t, row, local), local, position);
    query[(t * HEADS + row) * ROW4 + local] = value;
  } else if (row < HEADS + KV_HEADS) {
    value = rotate(normalise_key(value, t, row - HEADS, local), local, position);
    store_key((row - HEADS) * CAPACITY + position, local, value);
  } else {
    store_value((row - HEADS - KV_HEADS) * CAPACITY + position, local, value);
  }
}
