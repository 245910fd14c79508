// How much a slot keeps: α = e^g, g = logsigmoid(x) / NORMALIZER; and α − 1 with the digits that a slow decay has lost in α, of which the
// opposite is what is written. Needs common/softplus.wgsl and common/expm1.wgsl.
@group(0) @binding(1) var<storage, read> raw_decay: array<f32>;  // [T, DECAY_STRIDE], from DECAY_COLUMN: x [HEADS, SLOTS]

fn gate(token: u32, head: u32, slot: u32) -> vec2f {
  let g = -softplus(-raw_decay[token * DECAY_STRIDE + DECAY_COLUMN + head * SLOTS + slot]) / NORMALIZER;
  return vec2f(exp(g), expm1(g));
}
