// The gates' products for a chunk of tokens and up to CHUNK channels of a head, and the recurrence within the chunk as if it began with no
// state: per token the state that it then reaches, and the logarithm of what it keeps of a state before the chunk.
// A workgroup computes CHUNK × CHUNK gates of each kind, an invocation four channels of a token. Needs common/step.wgsl and recurrence.wgsl.
@group(0) @binding(0) var<storage, read> x: array<f32>;                   // [T, STRIDE], WIDTH of them used
@group(0) @binding(1) var<storage, read> gate_weights: array<f32>;        // [2, HEADS, HEAD_DIM inputs, HEAD_DIM]: of the input gate, of the recurrence gate
@group(0) @binding(2) var<storage, read> parameters: array<f32>;          // [3, WIDTH]: biases of the gates, −8 softplus(Λ)
@group(0) @binding(3) var<storage, read_write> recurrences: array<vec2f>; // [T, WIDTH]: Σ log_decay, h
@group(0) @binding(4) var<uniform> step: Step;

const QUADS: u32 = CHUNK / 4u;

var<workgroup> x_tile: array<f32, CHUNK * (CHUNK + 1u)>;         // [CHUNK tokens, CHUNK inputs], a column of padding
var<workgroup> input_tile: array<vec4f, CHUNK * QUADS>;          // [CHUNK inputs, CHUNK channels]; then [CHUNK tokens, …] of drives
var<workgroup> recurrence_tile: array<vec4f, CHUNK * QUADS>;     // the same; then of log_decays

fn weight_quad(kind: u32, head: u32, d: u32, column: u32) -> vec4f {
  var quad = vec4f();
  if (d < HEAD_DIM) {
    let at = (kind * WIDTH + head + d) * HEAD_DIM + column;
    for (var i = 0u; i < 4u; i++) { if (column + i < HEAD_DIM) { quad[i] = gate_weights[at + i]; } }
  }
  return quad;
}

@compute @workgroup_size(CHUNK * QUADS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let head = group.z * HEAD_DIM;
  let row = local / QUADS;
  let quad = local % QUADS;
  let column = group.x * CHUNK + quad * 4u;
  let token = group.y * CHUNK + row;
  var input_gates = vec4f();
  var recurrence_gates = vec4f();
  for (var first = 0u; first < HEAD_DIM; first += CHUNK) {
    workgroupBarrier();
    for (var i = local; i < CHUNK * CHUNK; i += CHUNK * QUADS) {
      let from_token = group.y * CHUNK + i / CHUNK;
      let d = first + i % CHUNK;
      var value = 0.0;
      if (from_token < step.count && d < HEAD_DIM) { value = x[from_token * STRIDE + head + d]; }
      x_tile[i / CHUNK * (CHUNK + 1u) + i % CHUNK] = value;
    }
    input_tile[local] = weight_quad(0u, head, first + row, column);
    recurrence_tile[local] = weight_quad(1u, head, first + row, column);
    workgroupBarrier();
    for (var d = 0u; d < CHUNK; d++) {
      let value = x_tile[row * (CHUNK + 1u) + d];
      input_gates += value * input_tile[d * QUADS + quad];
      recurrence_gates += value * recurrence_tile[d * QUADS + quad];
    }
  }
  workgroupBarrier();
  var drives = vec4f();
  var log_decays = vec4f();
  for (var i = 0u; i < 4u; i++) {
    if (token < step.count && column + i < HEAD_DIM) {
      let channel = head + column + i;
      let next = recurrence(x[token * STRIDE + channel], input_gates[i] + parameters[channel], recurrence_gates[i] + parameters[WIDTH + channel], parameters[2u * WIDTH + channel], step.position + token == 0u);
      drives[i] = next.drive;
      log_decays[i] = next.log_decay;
    }
  }
  input_tile[local] = drives;
  recurrence_tile[local] = log_decays;
  workgroupBarrier();
  if (local >= CHUNK || group.x * CHUNK + local >= HEAD_DIM) { return; }
  var sum = 0.0;
  var h = 0.0;
  for (var t = 0u; t < min(CHUNK, step.count - group.y * CHUNK); t++) {
    let log_decay = recurrence_tile[t * QUADS + local / 4u][local % 4u];
    sum += log_decay;
    h += expm1(log_decay) * h + input_tile[t * QUADS + local / 4u][local % 4u];
    recurrences[(group.y * CHUNK + t) * WIDTH + head + group.x * CHUNK + local] = vec2f(sum, h);
  }
}
