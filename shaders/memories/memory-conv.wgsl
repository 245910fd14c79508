// Per memory the causal convolution over those tokens alone that are routed to it, with SiLU. Of a token that is not, q, k and v are 0, and
// the gates such that a gated delta rule writes and forgets nothing. One invocation a column of a memory and token.
// Needs common/step.wgsl and common/sigmoid.wgsl.
@group(0) @binding(0) var<storage, read> x: array<f32>;            // [T, X_STRIDE]: q, then for each of SOURCES k, then v, then b, then a
@group(0) @binding(1) var<storage, read> routes: array<f32>;       // [T, ROUTES_STRIDE]: routed where it is not 0
@group(0) @binding(2) var<storage, read> weight: array<f32>;       // [CHANNELS, KERNEL] of q, k and v; all memories share it
@group(0) @binding(3) var<storage, read_write> state: array<f32>;  // [STATE_SLOTS, HISTORY, MEMORIES, CHANNELS]: each memory's last inputs, oldest first
@group(0) @binding(4) var<storage, read_write> out: array<f32>;    // [T, OUT_STRIDE]: q of each memory, then k, v, b, a
@group(0) @binding(5) var<uniform> step: Step;

const HISTORY: u32 = KERNEL - 1u;
const CHANNELS: u32 = 2u * KEYS + VALUES;
// What a sigmoid and a softplus make 0 of, whatever is added.
const NEVER: f32 = -300.0;

// First column and width of what column `column` of a memory belongs to: in out as if MEMORIES were one, times `count` in x.
struct Section { first: u32, width: u32 }

fn section_of(column: u32) -> Section {
  if (column < KEYS) { return Section(0u, KEYS); }
  if (column < 2u * KEYS) { return Section(KEYS, KEYS); }
  if (column < CHANNELS) { return Section(2u * KEYS, VALUES); }
  if (column < CHANNELS + HEADS) { return Section(CHANNELS, HEADS); }
  return Section(CHANNELS + HEADS, HEADS);
}

fn source_column(memory: u32, column: u32) -> u32 {
  if (column < KEYS) { return column; }
  let section = section_of(column);
  let source = min(memory, SOURCES - 1u);
  return KEYS + SOURCES * (section.first - KEYS) + source * section.width + column - section.first;
}

// The last token up to `last` that is routed to the memory, or −1.
fn routed(memory: u32, last: i32) -> i32 {
  var token = last;
  while (token >= 0) {
    if (routes[u32(token) * ROUTES_STRIDE + memory] != 0.0) { break; }
    token--;
  }
  return token;
}

fn held(back: u32, memory: u32, channel: u32) -> f32 { return state[((step.slot_in * HISTORY + HISTORY - back) * MEMORIES + memory) * CHANNELS + channel]; }

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let column = id.x;
  let token = id.y;
  let memory = id.z;
  if (column >= CHANNELS + 2u * HEADS) { return; }
  let source = source_column(memory, column);
  let section = section_of(column);
  let target_column = token * OUT_STRIDE + MEMORIES * section.first + memory * section.width + column - section.first;
  let is_routed = routes[token * ROUTES_STRIDE + memory] != 0.0;
  if (column >= CHANNELS) {
    out[target_column] = select(NEVER, x[token * X_STRIDE + source], is_routed);
    return;
  }
  var sum = 0.0;
  if (is_routed) {
    var at = i32(token);
    var missing = 0u;
    for (var tap = KERNEL; tap > 0u; tap--) {
      var value = 0.0;
      if (at >= 0) {
        value = x[u32(at) * X_STRIDE + source];
        at = routed(memory, at - 1);
      } else {
        missing++;
        value = held(missing, memory, column);
      }
      sum += weight[column * KERNEL + tap - 1u] * value;
    }
  }
  out[target_column] = sum * sigmoid(sum);
  if (token == 0u) {
    var at = routed(memory, i32(step.count) - 1);
    var missing = 0u;
    for (var back = 1u; back <= HISTORY; back++) {
      var value = 0.0;
      if (at >= 0) {
        value = x[u32(at) * X_STRIDE + source];
        at = routed(memory, at - 1);
      } else {
        missing++;
        value = held(missing, memory, column);
      }
      state[((step.slot_out * HISTORY + HISTORY - back) * MEMORIES + memory) * CHANNELS + column] = value;
    }
  }
}
