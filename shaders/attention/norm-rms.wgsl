// RMSNorm over a head, 4 elements an invocation, the workgroup being the head. All invocations call together.
@group(0) @binding(Q_NORM_BINDING) var<storage, read> q_norm: array<vec4f>;   // [HEAD_DIM]
@group(0) @binding(K_NORM_BINDING) var<storage, read> k_norm: array<vec4f>;   // [HEAD_DIM]

var<workgroup> squares: array<f32, ROW4>;

fn inverse_rms(value: vec4f, local: u32) -> f32 {
  squares[local] = dot(value, value);
  // ROW4 need not be a power of two: each round folds the upper part, the shorter one, onto the lower.
  var size = ROW4;
  while (size > 1u) {
    let half = (size + 1u) / 2u;
    workgroupBarrier();
    if (local + half < size) { squares[local] += squares[local + half]; }
    size = half;
  }
  workgroupBarrier();
  return inverseSqrt(squares[0] / f32(HEAD_DIM) + EPS);
}

fn normalise_query(value: vec4f, local: u32) -> vec4f { return value * inverse_rms(value, local) * q_norm[local]; }
fn normalise_key(value: vec4f, local: u32) -> vec4f { return value * inverse_rms(value, local) * k_norm[local]; }
