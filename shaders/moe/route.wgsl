// Chooses each token's experts. One workgroup a token: an expert's rank is the number of experts before it, so that no order of
// execution can change the choice.
@group(0) @binding(0) var<storage, read> logits: array<f32>;          // [T, STRIDE], EXPERTS of them used
@group(0) @binding(1) var<storage, read_write> chosen: array<u32>;    // [T, TOP_K], largest logit first
@group(0) @binding(2) var<storage, read_write> weights: array<f32>;   // [T, TOP_K]

var<workgroup> own: array<f32, EXPERTS>;    // the token's logits
var<workgroup> best: array<u32, TOP_K>;     // experts by rank; 0 where NaNs among the logits leave a rank without one
var<workgroup> parts: array<f32, EXPERTS>;  // what the softmax adds up

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let token = group.x;
  for (var expert = local; expert < EXPERTS; expert += WORKGROUP) { own[expert] = logits[token * STRIDE + expert]; }
  for (var i = local; i < TOP_K; i += WORKGROUP) { best[i] = 0u; }
  workgroupBarrier();
  for (var expert = local; expert < EXPERTS; expert += WORKGROUP) {
    let logit = own[expert];
    var rank = 0u;
    for (var other = 0u; other < EXPERTS; other++) {
      if (own[other] > logit || (own[other] == logit && other < expert)) { rank++; }
    }
    if (rank < TOP_K) { best[rank] = expert; }
  }
  workgroupBarrier();
  let largest = own[best[0]];
  for (var i = local; i < SUMMANDS; i += WORKGROUP) {
    var expert = i;
    if (RENORMALISED) { expert = best[i]; }
    parts[i] = exp(own[expert] - largest);
  }
  workgroupBarrier();
  for (var i = local; i < TOP_K; i += WORKGROUP) {
    var sum = 0.0;
    for (var j = 0u; j < SUMMANDS; j++) { sum += parts[j]; }
    chosen[token * TOP_K + i] = best[i];
    weights[token * TOP_K + i] = exp(own[best[i]] - largest) / sum;
  }
}
