// out[t] = SCALE · table[table_row(t)], or += …, where this chunk of the table holds the row. One invocation writes eight columns.
@group(0) @binding(OUT_BINDING) var<storage, read_write> out: array<f32>;  // [T, STRIDE], WIDTH of them used
@group(0) @binding(OUT_BINDING + 1u) var<uniform> step: Step;

fn put(t: u32, column: u32, value: f32) {
  if (column >= WIDTH) { return; }
  let at = t * STRIDE + column;
  if (ACCUMULATE) { out[at] += SCALE * value; } else { out[at] = SCALE * value; }
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let t = group.y;
  let octet = group.x * WORKGROUP + local;
  // An index below ROW_START wraps around and lies beyond ROWS, too.
  let row = table_row(t) - ROW_START;
  if (row >= ROWS || octet * 8u >= WIDTH) { return; }
  let values = weight_octet(row, octet);
  put(t, octet * 8u, values[0].x);
  put(t, octet * 8u + 1u, values[0].y);
  put(t, octet * 8u + 2u, values[0].z);
  put(t, octet * 8u + 3u, values[0].w);
  put(t, octet * 8u + 4u, values[1].x);
  put(t, octet * 8u + 5u, values[1].y);
  put(t, octet * 8u + 6u, values[1].z);
  put(t, octet * 8u + 7u, values[1].w);
}
