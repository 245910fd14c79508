// Kimi Delta Attention (arXiv:2510.26692): g = log_decay(rate, f + bias), rate = −e^A_log, one a head. Needs a kda-decay-….wgsl.
@group(0) @binding(DECAY_BINDING) var<storage, read> raw_decay: array<vec4f>;        // [T, DECAY_VECS], from DECAY_COLUMN: f [KEY_HEADS, KEY_VECS]
@group(0) @binding(PARAMETERS_BINDING) var<storage, read> gate_params: array<f32>;  // [rate: KEY_HEADS | bias: KEY_HEADS · KEY_DIM]

fn operands(token: u32, head: u32, d: u32) -> Operands {
  let at = key_vec(head, d);
  let bias = KEY_HEADS + 4u * at;
  let f = raw_decay[token * DECAY_VECS + DECAY_COLUMN + at] + vec4f(gate_params[bias], gate_params[bias + 1u], gate_params[bias + 2u], gate_params[bias + 3u]);
  let rate = gate_params[at / KEY_VECS];
  let g = vec4f(log_decay(rate, f.x), log_decay(rate, f.y), log_decay(rate, f.z), log_decay(rate, f.w));
  return Operands(query(token, head, d), key(token, head, d), decay_by(g), vec4f(), vec4f());
}
