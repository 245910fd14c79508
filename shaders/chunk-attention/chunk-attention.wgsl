// Softmax attention of one token and head over the chunks before its own, a row of the cache each, and what its own holds up to it.
// Keys are taken TILE at a time with a running softmax; an invocation has a key's score, then 4 columns of the values.
// Needs common/step.wgsl and what reads a row.
@group(0) @binding(0) var<storage, read> query: array<vec4f>;        // [T, HEADS, ROW4]
@group(0) @binding(1) var<storage, read> own_keys: array<vec4f>;     // [T, HEADS, ROW4]
@group(0) @binding(2) var<storage, read> own_values: array<vec4f>;   // [T, HEADS, ROW4]
@group(0) @binding(3) var<storage, read> keys: array<KvWord>;        // [HEADS, CAPACITY, HEAD_DIM]
@group(0) @binding(4) var<storage, read> values: array<KvWord>;      // [HEADS, CAPACITY, HEAD_DIM]
@group(0) @binding(5) var<storage, read_write> out: array<vec4f>;    // [T, HEADS, ROW4]
@group(0) @binding(6) var<uniform> step: Step;

var<workgroup> scores: array<f32, TILE>;
var<workgroup> weights: array<f32, TILE>;

@compute @workgroup_size(TILE)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let t = group.y + group.z * GRID_Y;
  if (t >= step.count) { return; }
  let own = (t * HEADS + group.x) * ROW4;
  let rows = group.x * CAPACITY;
  let before = (step.position + t) / CHUNK;
  let column = min(local, ROW4 - 1u);
  // The token's own chunk is the first of its keys: there always is one.
  var score = 0.0;
  for (var i = 0u; i < ROW4; i++) { score += dot(query[own + i], own_keys[own + i]); }
  var largest = score * SCALE;
  var sum = 1.0;
  var read = own_values[own + column];
  for (var start = 0u; start < before; start += TILE) {
    let count = min(TILE, before - start);
    var dots = 0.0;
    let row = rows + start + min(local, count - 1u);
    for (var i = 0u; i < ROW4; i++) { dots += dot(query[own + i], load_key(row, i)); }
    scores[local] = dots * SCALE;
    workgroupBarrier();
    var top = largest;
    for (var k = 0u; k < count; k++) { top = max(top, scores[k]); }
    weights[local] = exp(scores[local] - top);
    workgroupBarrier();
    let shrink = exp(largest - top);
    largest = top;
    sum *= shrink;
    read *= shrink;
    for (var k = 0u; k < count; k++) {
      sum += weights[k];
      read += weights[k] * load_value(rows + start + k, column);
    }
  }
  if (local < ROW4) { out[own + local] = read / sum; }
}
