// Each token's experts times their weights, added up in the order in which it chose them, and to out.
@group(0) @binding(0) var<storage, read> x: array<f32>;              // [T · TOP_K, STRIDE], WIDTH of them used
@group(0) @binding(1) var<storage, read> weights: array<f32>;        // [T, TOP_K]
@group(0) @binding(2) var<storage, read_write> out: array<f32>;      // [T, STRIDE]

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= WIDTH) { return; }
  let first = id.y * TOP_K;
  var sum = 0.0;
  for (var choice = 0u; choice < TOP_K; choice++) { sum += weights[first + choice] * x[(first + choice) * STRIDE + id.x]; }
  let at = id.y * STRIDE + id.x;
  if (ACCUMULATE) { out[at] += sum; } else { out[at] = sum; }
}
