// N = transform X for the quad of columns of one row; `rows` is the first row of the chunk in `transform`. All invocations call together.
@group(0) @binding(6) var<storage, read> transform: array<vec4f>;  // [chunks, VALUE_HEADS, CHUNK, CHUNK / 4]

var<workgroup> x: array<vec4f, CHUNK * QUADS>;  // [CHUNK, COLUMNS]

fn corrected(values: vec4f, rows: u32, local: u32) -> vec4f {
  x[local] = values;
  workgroupBarrier();
  let i = local / QUADS;
  var sum = vec4f();
  for (var j = 0u; j < CHUNK / 4u; j++) {
    let at = j * 4u * QUADS + local % QUADS;
    sum += mat4x4f(x[at], x[at + QUADS], x[at + 2u * QUADS], x[at + 3u * QUADS]) * transform[(rows + i) * (CHUNK / 4u) + j];
  }
  return sum;
}
