// q by Q_SCALE; p and b over the L2 norm of p. Same signatures as in scales-plain.wgsl.
const SQUARES: bool = true;

fn squares_of(o: Operands) -> vec2f { return vec2f(dot(o.p, o.p), 0.0); }

// Of q, k, p, b. KAPPA_EPS is added to the square of the norm (fla's `l2norm`), which counts as at least 1e-24 (torch's `F.normalize`).
fn row_scales(squares: vec2f) -> vec4f {
  let inverse = inverseSqrt(max(squares.x + KAPPA_EPS, 1e-24));
  return vec4f(Q_SCALE, 1.0, inverse, inverse);
}
