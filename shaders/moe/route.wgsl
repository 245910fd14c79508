// Chooses each token's experts. One workgroup a token: an expert's rank is the number of experts before it, so that no order of
// execution can change the choice.
@group(0) @binding(0) var<storage, read> logits: array<f32>;          // [T, STRIDE], EXPERTS of them used
@group(0) @binding(1) var<storage, read_write> chosen: array<u32>;    // [T, TOP_K], best first
@group(0) @binding(2) var<storage, read_write> weights: array<f32>;   // [T, TOP_K]

var<workgroup> own: array<f32, EXPERTS>;    // what the token's experts are chosen by
var<workgroup> best: array<u32, TOP_K>;     // experts by rank; 0 where NaNs among the logits leave a rank without one
var<workgroup> parts: array<f32, EXPERTS>;  // what weights are divided by the sum of

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let token = group.x;
  for (var expert = local; expert < EXPERTS; expert += WORKGROUP) { own[expert] = choice_of(logits[token * STRIDE + expert], expert); }
  for (var i = local; i < TOP_K; i += WORKGROUP) { best[i] = 0u; }
  workgroupBarrier();
  limit_choice(local);
  for (var expert = local; expert < EXPERTS; expert += WORKGROUP) {
    let choice = own[expert];
    var rank = 0u;
    for (var other = 0u; other < EXPERTS; other++) {
      if (own[other] > choice || (own[other] == choice && other < expert)) { rank++; }
    }
    if (rank < TOP_K) { best[rank] = expert; }
  }
  workgroupBarrier();
  let first = logits[token * STRIDE + best[0]];
  for (var i = local; i < SUMMANDS; i += WORKGROUP) {
    var expert = i;
    if (RENORMALISED) { expert = best[i]; }
    parts[i] = score_of(logits[token * STRIDE + expert], first);
  }
  workgroupBarrier();
  for (var i = local; i < TOP_K; i += WORKGROUP) {
    var sum = SUM_START;
    for (var j = 0u; j < SUMMANDS; j++) { sum += parts[j]; }
    chosen[token * TOP_K + i] = best[i];
    weights[token * TOP_K + i] = SCALE * score_of(logits[token * STRIDE + best[i]], first) / sum;
  }
}
