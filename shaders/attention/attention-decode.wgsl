// One query token, the step's last, against one split of the keys (flash-decoding). A workgroup serves TILE = 4 query heads of one key head, side by
// side in a vec4f, so that each key and value is read once for all of them; heads beyond the group are zeros and are not written.
// Keys and values beyond the valid ones are never read: what the cache holds there may be NaN.
@group(0) @binding(0) var<storage, read> query: array<f32>;            // [1, HEADS, HEAD_DIM]
@group(0) @binding(1) var<storage, read> keys: array<KvWord>;          // [KV_HEADS, CAPACITY, HEAD_DIM]
@group(0) @binding(2) var<storage, read> values: array<KvWord>;        // [KV_HEADS, CAPACITY, HEAD_DIM]
@group(0) @binding(3) var<storage, read_write> partial: array<vec4f>; // [KV_HEADS·TILES, splits, VALUE_DIM + 2] of 4 heads: sums, maximum, total weight
@group(0) @binding(4) var<storage, read_write> out: array<vec4f>;      // [1, HEADS, VALUE_DIM], only when there is one split
@group(0) @binding(5) var<uniform> step: Step;

var<workgroup> queries: array<vec4f, HEAD_DIM>;     // [HEAD_DIM] of 4 heads
var<workgroup> scratch: array<vec4f, SCRATCH>;      // [SPLIT, LANES] of 4 heads, then [4, REDUCE] of 4 heads
var<workgroup> scores: array<vec4f, SPLIT>;
var<workgroup> weights: array<vec4f, SPLIT>;

fn query_at(kv_head: u32, in_group: u32, d: u32) -> f32 {
  if (in_group >= GROUP) { return 0.0; }
  return query[(kv_head * GROUP + in_group) * HEAD_DIM + d];
}

fn write_head(kv_head: u32, in_group: u32, column: u32, value: vec4f) {
  if (in_group >= GROUP) { return; }
  let head = kv_head * GROUP + in_group;
  out[head * VALUE_ROW4 + column] = value * gate4(0u, head, column);
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let kv_head = group.y / TILES;
  let in_group = (group.y % TILES) * 4u;
  let total = step.position + step.count;
  let seen = min(total, REACH);
  let splits = split_count();
  let start = total - seen + group.x * SPLIT;
  let count = min(SPLIT, total - start);
  let rows = kv_head * CAPACITY + start;

  for (var d = local; d < HEAD_DIM; d += WORKGROUP) {
    queries[d] = vec4f(query_at(kv_head, in_group, d), query_at(kv_head, in_group + 1u, d), query_at(kv_head, in_group + 2u, d), query_at(kv_head, in_group + 3u, d));
  }
  workgroupBarrier();

  // LANES neighbours share a key. All loops have a constant length, so that their loads are in flight together: places beyond
  // the valid keys read the last valid one and do not count.
  for (var pair = local; pair < SPLIT * LANES; pair += WORKGROUP) {
    let key_row = rows + min(pair / LANES, count - 1u);
    var dots = vec4f();
    for (var i = pair % LANES; i < ROW4; i += LANES) {
      let key = load_key(key_row, i);
      dots += key.x * queries[4u * i] + key.y * queries[4u * i + 1u] + key.z * queries[4u * i + 2u] + key.w * queries[4u * i + 3u];
    }
    scratch[pair] = dots;
  }
  workgroupBarrier();
  if (local < SPLIT) {
    var dots = vec4f();
    for (var lane = 0u; lane < LANES; lane++) { dots += scratch[local * LANES + lane]; }
    scores[local] = select(vec4f(LOWEST), score(dots), local < count);
  }
  workgroupBarrier();
  var largest = vec4f(LOWEST);
  for (var k = 0u; k < SPLIT; k++) { largest = max(largest, scores[k]); }
  if (local < SPLIT) { weights[local] = select(vec4f(), exp(scores[local] - largest), local < count); }
  workgroupBarrier();

  // Weighted values: neighbours read neighbouring columns; PARTS of the workgroup share the keys between them.
  let column = local % VALUE_ROW4;
  let part = local / VALUE_ROW4;
  var x = vec4f();   // 4 heads at element 4·column of the row
  var y = vec4f();
  var z = vec4f();
  var w = vec4f();
  let value_rows = value_head(kv_head, column) * CAPACITY + start;
  if (part < PARTS) {
    for (var k = part; k < SPLIT; k += PARTS) {
      let weight = weights[k];
      let value = load_value(value_rows + min(k, count - 1u), column % ROW4);
      x += value.x * weight;
      y += value.y * weight;
      z += value.z * weight;
      w += value.w * weight;
    }
  }
  // The parts are added in a fixed order: each round folds the upper ones onto the lower ones.
  var parts = PARTS;
  while (parts > 1u) {
    let half = (parts + 1u) / 2u;
    if (part >= half && part < parts) {
      let slot = (part - half) * VALUE_ROW4 + column;
      scratch[slot] = x;
      scratch[REDUCE + slot] = y;
      scratch[2u * REDUCE + slot] = z;
      scratch[3u * REDUCE + slot] = w;
    }
    workgroupBarrier();
    if (part + half < parts) {
      let slot = part * VALUE_ROW4 + column;
      x += scratch[slot];
      y += scratch[REDUCE + slot];
      z += scratch[2u * REDUCE + slot];
      w += scratch[3u * REDUCE + slot];
    }
    workgroupBarrier();
    parts = half;
  }
  if (part > 0u) { return; }

  var sum = vec4f();
  for (var k = 0u; k < SPLIT; k++) { sum += weights[k]; }
  if (splits > 1u) {
    let base = (group.y * splits + group.x) * (VALUE_DIM + 2u);
    partial[base + 4u * column] = x;
    partial[base + 4u * column + 1u] = y;
    partial[base + 4u * column + 2u] = z;
    partial[base + 4u * column + 3u] = w;
    if (column == 0u) {
      partial[base + VALUE_DIM] = largest;
      partial[base + VALUE_DIM + 1u] = sum;
    }
    return;
  }
  let first = kv_head * GROUP + in_group;
  let scale = normaliser(vec4f(sink(first), sink(first + 1u), sink(first + 2u), sink(first + 3u)), largest, sum);
  write_head(kv_head, in_group, column, vec4f(x.x, y.x, z.x, w.x) * scale.x);
  write_head(kv_head, in_group + 1u, column, vec4f(x.y, y.y, z.y, w.y) * scale.y);
  write_head(kv_head, in_group + 2u, column, vec4f(x.z, y.z, z.z, w.z) * scale.z);
  write_head(kv_head, in_group + 3u, column, vec4f(x.w, y.w, z.w, w.w) * scale.w);
}
