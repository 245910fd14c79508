// Depthwise causal convolution over time: out[t, c] = act(Σ_j weight[c, j] · x[t − (KERNEL − 1) + j, c] + bias[c]).
// Inputs from before the step come from the state, which holds the last KERNEL − 1 of them, oldest first.
// One invocation a channel and token. Needs common/step.wgsl, common/sigmoid.wgsl, a bias and an input snippet.
@group(0) @binding(0) var<storage, read> x: array<f32>;            // [T, INPUT_STRIDE], columns from INPUT_OFFSET on
@group(0) @binding(1) var<storage, read> weight: array<f32>;       // [CHANNELS, KERNEL]
@group(0) @binding(2) var<storage, read_write> state: array<f32>;  // [STATE_SLOTS, KERNEL − 1, CHANNELS]
@group(0) @binding(3) var<storage, read_write> out: array<f32>;    // [T, OUT_STRIDE]
@group(0) @binding(4) var<uniform> step: Step;

const HISTORY: u32 = KERNEL - 1u;

// The input `back` tokens before the one that follows token `end − 1` of this step; back ≤ end + HISTORY.
fn input(end: u32, back: u32, channel: u32) -> f32 {
  if (back <= end) { return convolved((end - back) * INPUT_STRIDE + INPUT_OFFSET + channel); }
  return state[(step.slot_in * HISTORY + HISTORY + end - back) * CHANNELS + channel];
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let channel = id.x;
  let token = id.y;
  if (channel >= CHANNELS) { return; }
  var sum = bias_of(channel);
  for (var j = 0u; j < KERNEL; j++) { sum += weight[channel * KERNEL + j] * input(token + 1u, KERNEL - j, channel); }
  if (SILU) { sum *= sigmoid(sum); }
  out[token * OUT_STRIDE + channel] = gated(sum, token * INPUT_STRIDE + INPUT_OFFSET + channel);
  if (token == 0u) {
    for (var j = 0u; j < HISTORY; j++) {
      state[(step.slot_out * HISTORY + j) * CHANNELS + channel] = input(step.count, HISTORY - j, channel);
    }
  }
}
