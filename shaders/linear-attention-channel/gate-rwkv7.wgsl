// RWKV-7 (arXiv:2503.14456): α = exp(−e^−½ sigmoid(w)), a = sigmoid(rate), κ = k ⊙ k_k over its norm (scales-kappa.wgsl),
// k̃ = k ⊙ (1 + (a − 1) ⊙ k_a), p = −κ, b = κ ⊙ a. Needs common/sigmoid.wgsl.
@group(0) @binding(DECAY_BINDING) var<storage, read> raw_decay: array<vec4f>;             // [T, DECAY_VECS], from DECAY_COLUMN: w [KEY_HEADS, KEY_VECS]
@group(0) @binding(RATE_BINDING) var<storage, read> rates: array<vec4f>;              // [T, RATE_VECS], from RATE_COLUMN: [KEY_HEADS, KEY_VECS]
@group(0) @binding(PARAMETERS_BINDING) var<storage, read> gate_params: array<vec4f>;  // [2, KEY_HEADS, KEY_VECS]: k_k, k_a

fn operands(token: u32, head: u32, d: u32) -> Operands {
  let at = key_vec(head, d);
  let w = raw_decay[token * DECAY_VECS + DECAY_COLUMN + at];
  let rate = rates[token * RATE_VECS + RATE_COLUMN + at];
  let a = vec4f(sigmoid(rate.x), sigmoid(rate.y), sigmoid(rate.z), sigmoid(rate.w));
  let g = -0.6065306597126334 * vec4f(sigmoid(w.x), sigmoid(w.y), sigmoid(w.z), sigmoid(w.w));
  let k = key(token, head, d);
  let kappa = k * gate_params[at];
  return Operands(query(token, head, d), k * (1.0 + (a - 1.0) * gate_params[KEY_HEADS * KEY_VECS + at]), decay_by(g), -kappa, kappa * a);
}
