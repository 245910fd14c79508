// Gated slot attention (arXiv:2409.07146): α = e^g, g = logsigmoid(x) / NORMALIZER, and k̃ = 1 − α takes the place of a key. Needs softplus.
@group(0) @binding(DECAY_BINDING) var<storage, read> raw_decay: array<vec4f>;  // [T, DECAY_VECS], from DECAY_COLUMN: x [KEY_HEADS, KEY_VECS]

fn operands(token: u32, head: u32, d: u32) -> Operands {
  let x = raw_decay[token * DECAY_VECS + DECAY_COLUMN + key_vec(head, d)];
  let decay = decay_by(-vec4f(softplus(-x.x), softplus(-x.y), softplus(-x.z), softplus(-x.w)) / NORMALIZER);
  return Operands(query(token, head, d), -decay.change, decay, vec4f(), vec4f());
}
