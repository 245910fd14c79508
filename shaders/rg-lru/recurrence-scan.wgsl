// Outputs of a chunk, each through `output`, from the state that the chunks before it leave; the last chunk writes the step's.
// One invocation a channel and chunk. Needs common/step.wgsl, common/expm1.wgsl and an output.
@group(0) @binding(0) var<storage, read> recurrences: array<vec2f>;  // [T, WIDTH]: Σ log_decay within the chunk, h from no state
@group(0) @binding(1) var<storage, read_write> state: array<f32>;    // [STATE_SLOTS, WIDTH]
@group(0) @binding(2) var<storage, read_write> out: array<f32>;      // [T, STRIDE]
@group(0) @binding(3) var<uniform> step: Step;

fn after(h: f32, next: vec2f) -> f32 { return h + expm1(next.x) * h + next.y; }

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let channel = id.x;
  if (channel >= WIDTH) { return; }
  // The first token of a sequence finds no state.
  var before = select(state[step.slot_in * WIDTH + channel], 0.0, step.position == 0u);
  for (var chunk = 1u; chunk <= id.y; chunk++) { before = after(before, recurrences[(chunk * CHUNK - 1u) * WIDTH + channel]); }
  let end = min((id.y + 1u) * CHUNK, step.count);
  var h = before;
  for (var token = id.y * CHUNK; token < end; token++) {
    h = after(before, recurrences[token * WIDTH + channel]);
    out[token * STRIDE + channel] = output(h, token, channel);
  }
  if (end == step.count) { state[step.slot_out * WIDTH + channel] = h; }
}
