// RMSNorm (Zhang & Sennrich 2019, arXiv:1910.07467) of x in front of the product. Its root mean square is one factor for all
// columns, so it is applied to the dot products, when all of x has been seen.
var<workgroup> team_squares: array<f32, TEAMS>;

fn norm_apply(value: vec4f, quad: u32) -> vec4f { return value * norm_quad(quad); }

// 1 / rms(x) from each invocation's part of the sum of squares. All invocations must call it together.
fn norm_factor(squares: f32, local: u32) -> f32 {
  let sum = team_sum(squares, local);
  if (local % TEAM == 0u) { team_squares[local / TEAM] = sum; }
  workgroupBarrier();
  var total = 0.0;
  for (var team = 0u; team < TEAMS; team++) { total += team_squares[team]; }
  return inverseSqrt(total / f32(INPUTS) + EPS);
}
