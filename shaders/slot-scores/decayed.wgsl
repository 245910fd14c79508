// α s + added by (α, α − 1), where s is mostly kept: a slow decay takes away a change that rounding would lose in α.
fn decayed(s: vec4f, alpha: vec2f, added: vec4f) -> vec4f {
  if (alpha.y > -0.5) { return s + (alpha.y * s + added); }
  return alpha.x * s + added;
}
