// One token: out = h ← α h + (1 − α) silu(i). One invocation a channel. Needs common/step.wgsl, common/expm1.wgsl and forget.wgsl.
@group(0) @binding(2) var<storage, read_write> state: array<f32>;  // [STATE_SLOTS, WIDTH]
@group(0) @binding(3) var<storage, read_write> out: array<f32>;    // [1, STRIDE]
@group(0) @binding(4) var<uniform> step: Step;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let channel = id.x;
  if (channel >= WIDTH) { return; }
  let next = recurrence(0u, channel);
  var h = select(state[step.slot_in * WIDTH + channel], 0.0, step.position == 0u);
  h += expm1(next.log_decay) * h + next.drive;
  state[step.slot_out * WIDTH + channel] = h;
  out[channel] = h;
}
