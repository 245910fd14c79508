// q by Q_SCALE; p and b over the L2 norm of p. Same signatures as in scales-plain.wgsl.
const SQUARES: bool = true;

fn squares_of(o: Operands) -> vec2f { return vec2f(dot(o.p, o.p), 0.0); }

// Of q, k, p, b. The norm counts as at least 1e-12 (torch's `F.normalize`).
fn row_scales(squares: vec2f) -> vec4f {
  let inverse = inverseSqrt(max(squares.x, 1e-24));
  return vec4f(Q_SCALE, 1.0, inverse, inverse);
}
