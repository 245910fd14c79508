// What the chunks and the scan share: with Δ = softplus(dt), per channel and element n of its state
//   h_n ← e^{A_n Δ} h_n + Δ x B_n.
// Needs common/softplus.wgsl, common/expm1.wgsl and a norm snippet.
@group(0) @binding(0) var<storage, read> x: array<f32>;           // [T, STRIDE], CHANNELS of them used
@group(0) @binding(1) var<storage, read> dt: array<f32>;          // [T, STRIDE], before the softplus
@group(0) @binding(2) var<storage, read> mix: array<f32>;         // [T, MIX_STRIDE], from MIX_OFFSET: [B: STATE | C: STATE]
@group(0) @binding(3) var<storage, read> parameters: array<f32>;  // [A: CHANNELS · STATE | D: CHANNELS | norms: 2 · STATE]

var<workgroup> mix_tile: array<f32, TILE * 2u * STATE>;  // [TILE tokens, [B | C]]

// B and C of tokens [first, first + TILE) that are before `end`, an invocation a token. All invocations must call it together.
fn load_tile(first: u32, end: u32, local: u32) {
  workgroupBarrier();
  if (local < TILE && first + local < end) {
    for (var part = 0u; part < 2u; part++) {
      let row = (first + local) * MIX_STRIDE + MIX_OFFSET + part * STATE;
      var squares = 0.0;
      for (var n = 0u; n < STATE; n++) { squares += mix[row + n] * mix[row + n]; }
      let factor = norm_factor(squares);
      for (var n = 0u; n < STATE; n++) {
        mix_tile[(local * 2u + part) * STATE + n] = mix[row + n] * factor * norm_weight(part * STATE + n);
      }
    }
  }
  workgroupBarrier();
}

// The state after a token with B in row `row` of the tile.
fn advance(h: ptr<function, array<f32, STATE>>, rates: ptr<function, array<f32, STATE>>, delta: f32, value: f32, row: u32) {
  for (var n = 0u; n < STATE; n++) {
    (*h)[n] += expm1((*rates)[n] * delta) * (*h)[n] + delta * value * mix_tile[row * 2u * STATE + n];
  }
}
