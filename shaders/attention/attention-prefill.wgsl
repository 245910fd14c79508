// A tile of 32 queries of one head against one split of the keys they see, 32 at a time, with a running softmax (FlashAttention).
// Invocations come in 8 teams of 32. A team owns 4 queries, side by side in a vec4f: each of its members scores them with one key of
// the tile, then gathers 4 columns of their weighted values (8 where VALUE_DIM > 128), reading values through the cache.
@group(0) @binding(0) var<storage, read> query: array<vec4f>;       // [T, HEADS, HEAD_DIM]
@group(0) @binding(1) var<storage, read> keys: array<KvWord>;       // [KV_HEADS, CAPACITY, HEAD_DIM], this step's included
@group(0) @binding(2) var<storage, read> values: array<KvWord>;     // [KV_HEADS, CAPACITY, HEAD_DIM], this step's included
@group(0) @binding(3) var<storage, read_write> partial: array<vec4f>; // [HEADS, quads, splits, VALUE_DIM + 2] of 4 queries: sums, maximum, total weight
@group(0) @binding(4) var<storage, read_write> out: array<vec4f>;   // [T, HEADS, VALUE_DIM], only when there is one split
@group(0) @binding(5) var<uniform> step: Step;

const SLICE = 8u;        // vec4s of the head dimension in workgroup memory at a time
const PADDED = 9u;       // stride of a row of a slice: neighbouring rows begin in different banks
var<workgroup> query_tile: array<vec4f, 288>;   // [TILE, PADDED]
var<workgroup> key_tile: array<vec4f, 288>;     // [TILE, PADDED]; between slices the weights, [8 teams, TILE keys] of 4 queries
var<workgroup> scores: array<vec4f, 256>;       // [8 teams, TILE keys] of 4 queries

fn write_row(t: u32, head: u32, column: u32, value: vec4f) {
  if (t < step.count && column < VALUE_ROW4) { out[(t * HEADS + head) * VALUE_ROW4 + column] = value * gate4(t, head, column); }
}

fn write_partial(base: u32, column: u32, x: vec4f, y: vec4f, z: vec4f, w: vec4f) {
  if (column >= VALUE_ROW4) { return; }
  let of_queries = transpose(mat4x4f(x, y, z, w));
  for (var i = 0u; i < 4u; i++) { partial[base + column * 4u + i] = of_queries[i]; }
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let tile_start = group.x * TILE;
  let head = group.y;
  let kv_head = head / GROUP;
  let rows = kv_head * CAPACITY;
  let team = local / TILE;
  let lane = local % TILE;
  let row = tile_start + team * 4u;
  let positions = vec4u(step.position + row) + vec4u(0u, 1u, 2u, 3u);
  // The keys that any of the 32 queries sees, from the first one's window to the last one itself, and of those this split's.
  let splits = split_count();
  let first_seen = step.position + tile_start + 1u;
  let first_key = first_seen - min(first_seen, REACH);
  let last_key = step.position + min(step.count, tile_start + TILE);
  let span = ((last_key - first_key + splits - 1u) / splits + TILE - 1u) / TILE * TILE;
  let first = first_key + group.z * span;
  let end = min(last_key, first + span);
  // Idle members of narrow heads read a column that exists and drop it.
  let column_a = min(lane, VALUE_ROW4 - 1u);
  let column_b = min(lane + TILE, VALUE_ROW4 - 1u);
  let rows_a = value_head(kv_head, column_a) * CAPACITY;
  let rows_b = value_head(kv_head, column_b) * CAPACITY;

  var largest = vec4f(LOWEST);
  var sum = vec4f();
  var a0 = vec4f();
  var a1 = vec4f();
  var a2 = vec4f();
  var a3 = vec4f();
  var b0 = vec4f();
  var b1 = vec4f();
  var b2 = vec4f();
  var b3 = vec4f();
  for (var start = first; start < end; start += TILE) {
    var dots = vec4f();
    for (var slice = 0u; slice < ROW4; slice += SLICE) {
      workgroupBarrier();
      let staged = local / SLICE;
      let part = slice + local % SLICE;
      let slot = staged * PADDED + local % SLICE;
      query_tile[slot] = vec4f();
      key_tile[slot] = vec4f();
      if (part < ROW4) {
        if (tile_start + staged < step.count) { query_tile[slot] = query[((tile_start + staged) * HEADS + head) * ROW4 + part]; }
        if (start + staged < end) { key_tile[slot] = load_key(rows + start + staged, part); }
      }
      workgroupBarrier();
      for (var i = 0u; i < SLICE; i++) {
        let key = key_tile[lane * PADDED + i];
        let at = team * 4u * PADDED + i;
        dots += vec4f(dot(query_tile[at], key), dot(query_tile[at + PADDED], key), dot(query_tile[at + 2u * PADDED], key), dot(query_tile[at + 3u * PADDED], key));
      }
    }
    let position = vec4u(start + lane);
    let visible = (position <= positions) & (position + REACH > positions);
    let own = select(vec4f(LOWEST), score(dots), visible);
    scores[local] = own;
    workgroupBarrier();
    var top = largest;
    for (var k = 0u; k < TILE; k++) { top = max(top, scores[team * TILE + k]); }
    // All members have left key_tile. A query that sees none of this tile has top = LOWEST, where exp would give 1.
    key_tile[local] = select(vec4f(), exp(own - top), visible);
    workgroupBarrier();

    let shrink = exp(largest - top);
    largest = top;
    sum *= shrink;
    a0 *= shrink.x;
    a1 *= shrink.y;
    a2 *= shrink.z;
    a3 *= shrink.w;
    if (VALUE_ROW4 > TILE) {
      b0 *= shrink.x;
      b1 *= shrink.y;
      b2 *= shrink.z;
      b3 *= shrink.w;
    }
    // Values beyond the valid ones are not read: 0 · NaN is NaN.
    let count = min(TILE, end - start);
    for (var k = 0u; k < count; k++) {
      let weight = key_tile[team * TILE + k];
      let value_a = load_value(rows_a + start + k, column_a % ROW4);
      sum += weight;
      a0 += weight.x * value_a;
      a1 += weight.y * value_a;
      a2 += weight.z * value_a;
      a3 += weight.w * value_a;
      if (VALUE_ROW4 > TILE) {
        let value_b = load_value(rows_b + start + k, column_b % ROW4);
        b0 += weight.x * value_b;
        b1 += weight.y * value_b;
        b2 += weight.z * value_b;
        b3 += weight.w * value_b;
      }
    }
  }

  if (splits > 1u) {
    let base = (((head * tile_count() + group.x) * (TILE / 4u) + team) * splits + group.z) * (VALUE_DIM + 2u);
    write_partial(base, lane, a0, a1, a2, a3);
    if (VALUE_ROW4 > TILE) { write_partial(base, lane + TILE, b0, b1, b2, b3); }
    if (lane == 0u) {
      partial[base + VALUE_DIM] = largest;
      partial[base + VALUE_DIM + 1u] = sum;
    }
    return;
  }
  let scale = normaliser(vec4f(sink(head)), largest, sum);
  write_row(row, head, lane, a0 * scale.x);
  write_row(row + 1u, head, lane, a1 * scale.y);
  write_row(row + 2u, head, lane, a2 * scale.z);
  write_row(row + 3u, head, lane, a3 * scale.w);
  if (VALUE_ROW4 > TILE) {
    write_row(row, head, lane + TILE, b0 * scale.x);
    write_row(row + 1u, head, lane + TILE, b1 * scale.y);
    write_row(row + 2u, head, lane + TILE, b2 * scale.z);
    write_row(row + 3u, head, lane + TILE, b3 * scale.w);
  }
}
