// Within each chunk of CHUNK tokens, channel by channel: k ← g k + (1 − g) k_t and x ← g x + (1 − g) x_t, from nothing at its first token.
// Keys, and the queries, are turned by the number of their chunk. One invocation a chunk and the two channels that are turned together.
// Needs common/step.wgsl and common/sigmoid.wgsl.
@group(0) @binding(0) var<storage, read> projection: array<f32>;         // [T, STRIDE], from X, GATE: [HEADS, HEAD_DIM], from Q, K: [GROUPS, HEAD_DIM]
@group(0) @binding(1) var<storage, read> gate_bias: array<f32>;          // [HEADS, HEAD_DIM]
@group(0) @binding(2) var<storage, read> rotary: array<vec2f>;           // [chunks, HALF]: cosine, sine
@group(0) @binding(3) var<storage, read_write> query: array<f32>;        // [T, HEADS, HEAD_DIM]
@group(0) @binding(4) var<storage, read_write> own_keys: array<f32>;     // [T, HEADS, HEAD_DIM]
@group(0) @binding(5) var<storage, read_write> own_values: array<f32>;   // [T, HEADS, HEAD_DIM]
@group(0) @binding(6) var<storage, read_write> state: array<f32>;        // [STATE_SLOTS, 2, HEADS, HEAD_DIM]: k, x
@group(0) @binding(7) var<uniform> step: Step;

const HALF = HEAD_DIM / 2u;
const WIDTH = HEADS * HEAD_DIM;

fn turned(pair: vec2f, by: vec2f) -> vec2f { return vec2f(pair.x * by.x - pair.y * by.y, pair.y * by.x + pair.x * by.y); }

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let pair = group.x * WORKGROUP + local;
  if (pair >= HEADS * HALF) { return; }
  let head = pair / HALF;
  let channel = head * HEAD_DIM + pair % HALF;
  let shared_channel = (head % GROUPS) * HEAD_DIM + pair % HALF;
  let chunk = step.position / CHUNK + group.y;
  let first = max(chunk * CHUNK, step.position) - step.position;
  let end = min((chunk + 1u) * CHUNK - step.position, step.count);
  var k = vec2f();
  var x = vec2f();
  if (group.y == 0u && step.position % CHUNK != 0u) {
    let at = step.slot_in * 2u * WIDTH + channel;
    k = vec2f(state[at], state[at + HALF]);
    x = vec2f(state[at + WIDTH], state[at + WIDTH + HALF]);
  }
  let bias = vec2f(gate_bias[channel], gate_bias[channel + HALF]);
  let by = rotary[chunk * HALF + pair % HALF];
  for (var t = first; t < end; t++) {
    let row = t * STRIDE;
    let gate = vec2f(projection[row + GATE + channel], projection[row + GATE + channel + HALF]) + bias;
    // 1 − g
    let taken = vec2f(sigmoid(-gate.x), sigmoid(-gate.y));
    k += taken * (vec2f(projection[row + K + shared_channel], projection[row + K + shared_channel + HALF]) - k);
    x += taken * (vec2f(projection[row + X + channel], projection[row + X + channel + HALF]) - x);
    let at = t * WIDTH + channel;
    let key = turned(k, by);
    own_keys[at] = key.x;
    own_keys[at + HALF] = key.y;
    own_values[at] = x.x;
    own_values[at + HALF] = x.y;
    let q = turned(vec2f(projection[row + Q + shared_channel], projection[row + Q + shared_channel + HALF]), by);
    query[at] = q.x;
    query[at + HALF] = q.y;
  }
  if (end == step.count) {
    let at = step.slot_out * 2u * WIDTH + channel;
    state[at] = k.x;
    state[at + HALF] = k.y;
    state[at + WIDTH] = x.x;
    state[at + WIDTH + HALF] = x.y;
  }
}
