// Best token of each block of the vocabulary, by penalised logit (greedy) or by y + Gumbel noise, y = logit / temperature,
// which draws from softmax(y) (Gumbel-max: Maddison, Tarlow & Minka 2014, arXiv:1411.0030). One workgroup a block.
@group(0) @binding(0) var<uniform> settings: Settings;
@group(0) @binding(1) var<uniform> step: Step;
@group(0) @binding(2) var<storage, read> logits: array<vec4u>;            // bits of f32 [VOCABULARY], padded to four
@group(0) @binding(3) var<storage, read> counts: array<u32>;              // [VOCABULARY]
@group(0) @binding(4) var<storage, read_write> partials: array<Partial>;  // [BLOCKS]

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let position = step.position + step.count;
  var mine = nothing();
  for (var part = 0u; part < VECTORS; part++) {
    let index = (group.x * VECTORS + part) * WORKGROUP + local;
    let four = logits[index];
    for (var lane = 0u; lane < 4u; lane++) {
      let token = index * 4u + lane;
      if (token >= VOCABULARY || four[lane] == MASKED) { continue; }
      if (is_broken(four[lane])) {
        mine = broken();
        continue;
      }
      var score = adjusted(four[lane], token);
      if (RANDOM) { score += gumbel(settings.seed, position, token); }
      mine = better(mine, Best(score, token));
    }
  }
  let best = workgroup_best(mine, local);
  if (local == 0u) { partials[group.x] = Partial(best, 0.0); }
}
