// out[t] = Σ_e routes[t, e] · parts[t, e]. One invocation a column and token.
@group(0) @binding(0) var<storage, read> parts: array<f32>;         // [T, READ_STRIDE], MEMORIES · WIDTH of them used
@group(0) @binding(1) var<storage, read> routes: array<f32>;       // [T, ROUTES_STRIDE], MEMORIES of them used
@group(0) @binding(2) var<storage, read_write> out: array<f32>;    // [T, OUT_STRIDE], WIDTH of them used

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let column = id.x;
  let token = id.y;
  if (column >= WIDTH) { return; }
  var sum = 0.0;
  for (var e = 0u; e < MEMORIES; e++) { sum += routes[token * ROUTES_STRIDE + e] * parts[token * READ_STRIDE + e * WIDTH + column]; }
  out[token * OUT_STRIDE + column] = sum;
}
