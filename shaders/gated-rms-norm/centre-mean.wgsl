// LayerNorm (Ba, Kiros & Hinton 2016, arXiv:1607.06450) rather than RMSNorm: what it takes away first.
fn mean_of(row: u32, gate: u32, width: u32, local: u32) -> f32 {
  var sum = 0.0;
  for (var i = local % TEAM; i < width; i += TEAM) { sum += before_norm(x[row + i], z[gate + i]); }
  return team_sum(sum, local) / f32(HEAD_DIM);
}
