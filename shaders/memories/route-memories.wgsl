// Weights of a token's memories: a softmax over the TOP_K of its largest logits, 0 for the others; of a memory that all tokens share 1.
// Of equal logits the one with the lower number is taken. One invocation a token. Needs common/step.wgsl.
@group(0) @binding(0) var<storage, read> logits: array<f32>;       // [T, LOGITS_STRIDE], ROUTED of them used
@group(0) @binding(1) var<storage, read_write> routes: array<f32>;  // [T, ROUTES_STRIDE], MEMORIES of them used
@group(0) @binding(2) var<uniform> step: Step;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let token = id.x;
  if (token >= step.count) { return; }
  let row = token * LOGITS_STRIDE;
  var first = logits[row];
  for (var e = 1u; e < ROUTED; e++) { first = max(first, logits[row + e]); }
  var sum = 0.0;
  for (var e = 0u; e < ROUTED; e++) {
    let own = logits[row + e];
    var rank = 0u;
    for (var other = 0u; other < ROUTED; other++) {
      if (logits[row + other] > own || (logits[row + other] == own && other < e)) { rank++; }
    }
    let weight = select(0.0, exp(own - first), rank < TOP_K);
    routes[token * ROUTES_STRIDE + e] = weight;
    sum += weight;
  }
  for (var e = 0u; e < ROUTED; e++) { routes[token * ROUTES_STRIDE + e] /= sum; }
  for (var e = ROUTED; e < MEMORIES; e++) { routes[token * ROUTES_STRIDE + e] = 1.0; }
}
