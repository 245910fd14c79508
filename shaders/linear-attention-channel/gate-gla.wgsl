// Gated linear attention (arXiv:2312.06635): g = logsigmoid(x) / NORMALIZER, but at least SMALLEST. Needs softplus.
@group(0) @binding(DECAY_BINDING) var<storage, read> raw_decay: array<vec4f>;  // [T, DECAY_VECS], from DECAY_COLUMN: x [KEY_HEADS, KEY_VECS]

fn operands(token: u32, head: u32, d: u32) -> Operands {
  let x = raw_decay[token * DECAY_VECS + DECAY_COLUMN + key_vec(head, d)];
  let g = -vec4f(softplus(-x.x), softplus(-x.y), softplus(-x.z), softplus(-x.w)) / NORMALIZER;
  return Operands(query(token, head, d), key(token, head, d), decay_by(max(g, vec4f(SMALLEST))), vec4f(), vec4f());
}
