// Log-decays g ≤ 0, p and b as they are in tensors; one g a channel, or one a head.
@group(0) @binding(DECAY_BINDING) var<storage, read> raw_decay: array<f32>;  // [T, DECAY_STRIDE], from DECAY_COLUMN: [KEY_HEADS, KEY_DIM] or [KEY_HEADS]
@group(0) @binding(P_BINDING) var<storage, read> p_rows: array<vec4f>;   // [T, P_VECS], from P_COLUMN: [KEY_HEADS, KEY_VECS]
@group(0) @binding(B_BINDING) var<storage, read> b_rows: array<vec4f>;   // [T, B_VECS], from B_COLUMN: [KEY_HEADS, KEY_VECS]

fn operands(token: u32, head: u32, d: u32) -> Operands {
  let at = key_vec(head, d);
  let row = token * DECAY_STRIDE + DECAY_COLUMN;
  var g: vec4f;
  if (PER_CHANNEL) {
    g = vec4f(raw_decay[row + 4u * at], raw_decay[row + 4u * at + 1u], raw_decay[row + 4u * at + 2u], raw_decay[row + 4u * at + 3u]);
  } else {
    g = vec4f(raw_decay[row + at / KEY_VECS]);
  }
  return Operands(query(token, head, d), key(token, head, d), decay_by(g), p_rows[token * P_VECS + P_COLUMN + at], b_rows[token * B_VECS + B_COLUMN + at]);
}
