// The state that each chunk but the last would leave had it begun with none, and the sum of its Δ, which says what it keeps of the
// state that it does begin with. One invocation a channel and chunk. Needs common/step.wgsl and recurrence.wgsl.
@group(0) @binding(4) var<storage, read_write> carry: array<f32>;  // [chunks − 1, [h: STATE | Σ Δ: 1], CHANNELS]

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let channel = min(group.x * WORKGROUP + local, CHANNELS - 1u);
  var rates: array<f32, STATE>;
  var h: array<f32, STATE>;
  for (var n = 0u; n < STATE; n++) { rates[n] = parameters[channel * STATE + n]; }
  var sum = 0.0;
  let end = (group.y + 1u) * CHUNK;
  for (var first = group.y * CHUNK; first < end; first += TILE) {
    load_tile(first, end, local);
    for (var row = 0u; row < min(TILE, end - first); row++) {
      let at = (first + row) * STRIDE + channel;
      let delta = softplus(dt[at]);
      sum += delta;
      advance(&h, &rates, delta, x[at], row);
    }
  }
  if (group.x * WORKGROUP + local < CHANNELS) {
    let at = group.y * (STATE + 1u) * CHANNELS + channel;
    for (var n = 0u; n < STATE; n++) { carry[at + n * CHANNELS] = h[n]; }
    carry[at + STATE * CHANNELS] = sum;
  }
}
