// HGRN-2 (arXiv:2404.07904): α = l + (1 − l) sigmoid(f) with a lower bound l, and k̃ = 1 − α takes the place of a key.
// 1 − α is computed as (1 − l) sigmoid(−f), which keeps its digits near 0. Needs common/sigmoid.wgsl.
@group(0) @binding(DECAY_BINDING) var<storage, read> raw_decay: array<vec4f>;               // [T, DECAY_VECS], from DECAY_COLUMN: f [KEY_HEADS, KEY_VECS]
@group(0) @binding(PARAMETERS_BINDING) var<storage, read> gate_params: array<vec4f>;  // [layers, KEY_HEADS, KEY_VECS]: l, this layer's at LAYER

fn operands(token: u32, head: u32, d: u32) -> Operands {
  let at = key_vec(head, d);
  let f = raw_decay[token * DECAY_VECS + DECAY_COLUMN + at];
  let bound = gate_params[LAYER * KEY_HEADS * KEY_VECS + at];
  let alpha = bound + (1.0 - bound) * vec4f(sigmoid(f.x), sigmoid(f.y), sigmoid(f.z), sigmoid(f.w));
  let k = (1.0 - bound) * vec4f(sigmoid(-f.x), sigmoid(-f.y), sigmoid(-f.z), sigmoid(-f.w));
  return Operands(query(token, head, d), k, Decay(alpha, -k), vec4f(), vec4f());
}
