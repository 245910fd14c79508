fn first_head(quad: u32) -> u32 { return quad / TILES * GROUP + (quad % TILES) * 4u; }

fn sinks_of(quad: u32) -> vec4f {
  let head = first_head(quad);
  return vec4f(sink(head), sink(head + 1u), sink(head + 2u), sink(head + 3u));
}

fn write_merged(quad: u32, d: u32, value: vec4f) {
  for (var i = 0u; i < 4u && (quad % TILES) * 4u + i < GROUP; i++) {
    let head = first_head(quad) + i;
    out[head * VALUE_DIM + d] = value[i] * gate(0u, head, d);
  }
}
