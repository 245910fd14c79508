// q by Q_SCALE; q and k over their L2 norms where NORMALISED (fla's `l2norm`, which adds 1e-6 to the sum of squares).
const SQUARES: bool = NORMALISED;

fn squares_of(o: Operands) -> vec2f { return vec2f(dot(o.q, o.q), dot(o.k, o.k)); }

// Of q, k, p, b.
fn row_scales(squares: vec2f) -> vec4f {
  if (NORMALISED) { return vec4f(inverseSqrt(squares.x + L2_EPS) * Q_SCALE, inverseSqrt(squares.y + L2_EPS), 1.0, 1.0); }
  return vec4f(Q_SCALE, 1.0, 1.0, 1.0);
}
