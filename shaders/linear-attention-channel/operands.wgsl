// What a gating makes of a token's tensors, 4 channels of a head at a time. Gatings define
//   operands(token, head, d) -> Operands   of vec4 d of value head `head`,
//   beta(token, head) -> f32               where the delta rule is tied to the keys,
// and row_scales says by what factors the operands are still to be multiplied, which may depend on whole rows.
// Needs common/expm1.wgsl.
struct Operands {
  q: vec4f,
  k: vec4f,
  decay: Decay,
  p: vec4f,
  b: vec4f,
}

// α = e^g, and α − 1 with the digits that a slow decay has lost in α: over thousands of tokens they add up.
struct Decay { alpha: vec4f, change: vec4f }

const NO_DECAY: Decay = Decay(vec4f(1.0), vec4f());

fn decay_by(g: vec4f) -> Decay { return Decay(exp(g), vec4f(expm1(g.x), expm1(g.y), expm1(g.z), expm1(g.w))); }

// α x + added, where x is mostly kept.
fn decayed(x: vec4f, decay: Decay, added: vec4f) -> vec4f {
  let slow = decay.change > vec4f(-0.5);
  return select(decay.alpha * x + added, x + (decay.change * x + added), slow);
}

fn key_vec(head: u32, d: u32) -> u32 { return head / (VALUE_HEADS / KEY_HEADS) * KEY_VECS + d; }

fn query(token: u32, head: u32, d: u32) -> vec4f { return mixed[token * MIXED_VECS + Q_VEC + key_vec(head, d)]; }

fn key(token: u32, head: u32, d: u32) -> vec4f { return mixed[token * MIXED_VECS + K_VEC + key_vec(head, d)]; }

fn scaled(o: Operands, scales: vec4f) -> Operands { return Operands(o.q * scales.x, o.k * scales.y, o.decay, o.p * scales.z, o.b * scales.w); }
