// RMSNorm over a head, 4 elements an invocation, the workgroup being the head; or over all heads of q or of k (WHOLE), whose squares each head's
// workgroup sums up for itself. All invocations call together.
@group(0) @binding(Q_NORM_BINDING) var<storage, read> q_norm: array<vec4f>;   // [HEAD_DIM], or [HEADS, HEAD_DIM]
@group(0) @binding(K_NORM_BINDING) var<storage, read> k_norm: array<vec4f>;   // [HEAD_DIM], or [KV_HEADS, HEAD_DIM]

var<workgroup> squares: array<f32, ROW4>;

// `all` is where the first of `heads` heads begins in the projection.
fn inverse_rms(value: vec4f, all: u32, heads: u32, local: u32) -> f32 {
  var square = dot(value, value);
  if (WHOLE) {
    square = 0.0;
    for (var i = local; i < heads * ROW4; i += ROW4) { square += dot(projection[all + i], projection[all + i]); }
  }
  squares[local] = square;
  // ROW4 need not be a power of two: each round folds the upper part, the shorter one, onto the lower.
  var size = ROW4;
  while (size > 1u) {
    let half = (size + 1u) / 2u;
    workgroupBarrier();
    if (local + half < size) { squares[local] += squares[local + half]; }
    size = half;
  }
  workgroupBarrier();
  return inverseSqrt(squares[0] / f32(select(1u, heads, WHOLE) * HEAD_DIM) + EPS);
}

fn normalise_query(value: vec4f, t: u32, head: u32, local: u32) -> vec4f {
  return value * inverse_rms(value, t * (PROJECTION_STRIDE / 4u), HEADS, local) * q_norm[select(0u, head * ROW4, WHOLE) + local];
}
fn normalise_key(value: vec4f, t: u32, head: u32, local: u32) -> vec4f {
  return value * inverse_rms(value, t * (PROJECTION_STRIDE / 4u) + HEADS * ROW4, KV_HEADS, local) * k_norm[select(0u, head * ROW4, WHOLE) + local];
}
