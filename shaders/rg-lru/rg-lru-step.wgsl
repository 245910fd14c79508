// One token (T = 1): the gates' products, the recurrence and the output's gate, out = h · gelu(gate). A workgroup has CHANNELS channels
// of a head, whose products PARTS invocations share. Needs common/step.wgsl, recurrence.wgsl and activate.
@group(0) @binding(0) var<storage, read> x: array<f32>;                  // [1, STRIDE], WIDTH of them used
@group(0) @binding(1) var<storage, read> gate_weights: array<f32>;       // [2, HEADS, HEAD_DIM inputs, HEAD_DIM]: of the input gate, of the recurrence gate
@group(0) @binding(2) var<storage, read> parameters: array<f32>;         // [3, WIDTH]: biases of the gates, −8 softplus(Λ)
@group(0) @binding(3) var<storage, read> gate: array<f32>;               // [1, GATE_STRIDE], columns GATE_OFFSET + [0, WIDTH)
@group(0) @binding(4) var<storage, read_write> state: array<f32>;        // [STATE_SLOTS, WIDTH]
@group(0) @binding(5) var<storage, read_write> out: array<f32>;          // [1, STRIDE]
@group(0) @binding(6) var<uniform> step: Step;

const PARTS: u32 = WORKGROUP / CHANNELS;

var<workgroup> sums: array<vec2f, WORKGROUP>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let head = group.y * HEAD_DIM;
  let column = group.x * CHANNELS + local % CHANNELS;
  var sum = vec2f();
  for (var d = local / CHANNELS; d < HEAD_DIM; d += PARTS) {
    let at = (head + d) * HEAD_DIM + min(column, HEAD_DIM - 1u);
    sum += x[head + d] * vec2f(gate_weights[at], gate_weights[at + WIDTH * HEAD_DIM]);
  }
  sums[local] = sum;
  workgroupBarrier();
  if (local >= CHANNELS || column >= HEAD_DIM) { return; }
  let channel = head + column;
  var gates = vec2f(parameters[channel], parameters[WIDTH + channel]);
  for (var part = 0u; part < PARTS; part++) { gates += sums[part * CHANNELS + local]; }
  let first = step.position == 0u;
  let next = recurrence(x[channel], gates.x, gates.y, parameters[2u * WIDTH + channel], first);
  var h = select(state[step.slot_in * WIDTH + channel], 0.0, first);
  h += expm1(next.log_decay) * h + next.drive;
  state[step.slot_out * WIDTH + channel] = h;
  out[channel] = h * activate(gate[GATE_OFFSET + channel]);
}
