fn sinks_of(quad: u32) -> vec4f { return vec4f(sink(quad / (tile_count() * TILE / 4u))); }

fn write_merged(quad: u32, d: u32, value: vec4f) {
  let quads = tile_count() * TILE / 4u;
  let head = quad / quads;
  for (var i = 0u; i < 4u && quad % quads * 4u + i < step.count; i++) {
    let t = quad % quads * 4u + i;
    out[(t * HEADS + head) * VALUE_DIM + d] = value[i] * gate(t, head, d);
  }
}
