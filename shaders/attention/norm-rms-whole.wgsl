// RMSNorm over all heads of q or of k together, whose squares each head's workgroup sums up for itself. All invocations call together.
@group(0) @binding(Q_NORM_BINDING) var<storage, read> q_norm: array<vec4f>;   // [HEADS, HEAD_DIM]
@group(0) @binding(K_NORM_BINDING) var<storage, read> k_norm: array<vec4f>;   // [KV_HEADS, HEAD_DIM]

fn inverse_rms_of(t: u32, first_head: u32, heads: u32, local: u32) -> f32 {
  let start = t * (PROJECTION_STRIDE / 4u) + first_head * ROW4;
  var square = 0.0;
  for (var i = local; i < heads * ROW4; i += ROW4) { square += dot(projection[start + i], projection[start + i]); }
  return inverse_rms(square, heads * HEAD_DIM, local);
}

fn normalise_query(value: vec4f, t: u32, head: u32, local: u32) -> vec4f { return value * inverse_rms_of(t, 0u, HEADS, local) * q_norm[head * ROW4 + local]; }
fn normalise_key(value: vec4f, t: u32, head: u32, local: u32) -> vec4f { return value * inverse_rms_of(t, HEADS, KV_HEADS, local) * k_norm[head * ROW4 + local]; }
