// The output gate beside each head's q: columns [q | gate] of 2·HEAD_DIM per head.
@group(0) @binding(PROJECTION_BINDING) var<storage, read> projection: array<f32>;   // [T, PROJECTION_STRIDE]

fn gate(t: u32, head: u32, column: u32) -> f32 {
  let logit = projection[t * PROJECTION_STRIDE + (2u * head + 1u) * HEAD_DIM + column];
  // Keeps exp finite; sigmoid(-80) is 0 for every purpose.
  return 1.0 / (1.0 + exp(-max(logit, -80.0)));
}

fn gate4(t: u32, head: u32, column4: u32) -> vec4f {
  let column = column4 * 4u;
  return vec4f(gate(t, head, column), gate(t, head, column + 1u), gate(t, head, column + 2u), gate(t, head, column + 3u));
}
