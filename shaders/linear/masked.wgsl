// A quad of x without the columns from INPUTS on: they are garbage, and those of the last block also lie beyond the row.
fn masked(value: vec4f, quad: u32) -> vec4f {
  if (INPUTS % 32u == 0u) { return value; }
  return select(vec4f(), value, vec4u(quad * 4u) + vec4u(0u, 1u, 2u, 3u) < vec4u(INPUTS));
}
