// Outputs of a chunk, out = (Σ_n C_n h_n + D x) · gate, from the state that the chunks before it leave; the last chunk writes the
// step's. One invocation a channel and chunk. Needs common/step.wgsl, recurrence.wgsl and a gate snippet.
@group(0) @binding(4) var<storage, read> carry: array<f32>;        // [chunks − 1, [h: STATE | Σ Δ: 1], CHANNELS]
@group(0) @binding(5) var<storage, read_write> state: array<f32>;  // [STATE_SLOTS, STATE, CHANNELS]
@group(0) @binding(6) var<storage, read_write> out: array<f32>;    // [T, STRIDE]
@group(0) @binding(7) var<uniform> step: Step;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  // Invocations past the last channel compute it again and store nothing: barriers need all of them.
  let inside = group.x * WORKGROUP + local < CHANNELS;
  let channel = min(group.x * WORKGROUP + local, CHANNELS - 1u);
  var rates: array<f32, STATE>;
  var h: array<f32, STATE>;
  for (var n = 0u; n < STATE; n++) {
    rates[n] = parameters[channel * STATE + n];
    h[n] = state[(step.slot_in * STATE + n) * CHANNELS + channel];
  }
  for (var chunk = 0u; chunk < group.y; chunk++) {
    let at = chunk * (STATE + 1u) * CHANNELS + channel;
    let sum = carry[at + STATE * CHANNELS];
    for (var n = 0u; n < STATE; n++) { h[n] += expm1(rates[n] * sum) * h[n] + carry[at + n * CHANNELS]; }
  }
  let skip = parameters[STATE * CHANNELS + channel];
  let end = min((group.y + 1u) * CHUNK, step.count);
  for (var first = group.y * CHUNK; first < end; first += TILE) {
    load_tile(first, end, local);
    for (var row = 0u; row < min(TILE, end - first); row++) {
      let token = first + row;
      let value = x[token * STRIDE + channel];
      advance(&h, &rates, softplus(dt[token * STRIDE + channel]), value, row);
      var sum = skip * value;
      for (var n = 0u; n < STATE; n++) { sum += mix_tile[(row * 2u + 1u) * STATE + n] * h[n]; }
      if (inside) { out[token * STRIDE + channel] = sum * gate_of(token, channel); }
    }
  }
  if (inside && end == step.count) {
    for (var n = 0u; n < STATE; n++) { state[(step.slot_out * STATE + n) * CHANNELS + channel] = h[n]; }
  }
}
