// Rotary embedding of the first ROTARY_DIM elements of a head, in pairs (i, i + ROTARY_DIM/2) (GPT-NeoX's order).
// Pairs may lie anywhere in the head, so it passes through workgroup memory. All invocations call together.
@group(0) @binding(ROTARY_BINDING) var<storage, read> rotary: array<vec2f>;   // [CAPACITY, ROTARY_DIM/2] of (cos, sin)

const HALF = ROTARY_DIM / 2u;
var<workgroup> head_row: array<f32, HEAD_DIM>;

fn rotate_element(i: u32, position: u32) -> f32 {
  if (i >= ROTARY_DIM) { return head_row[i]; }
  let turn = rotary[position * HALF + i % HALF];
  if (i < HALF) { return head_row[i] * turn.x - head_row[i + HALF] * turn.y; }
  return head_row[i] * turn.x + head_row[i - HALF] * turn.y;
}

fn rotate(value: vec4f, local: u32, position: u32) -> vec4f {
  let i = local * 4u;
  head_row[i] = value.x;
  head_row[i + 1u] = value.y;
  head_row[i + 2u] = value.z;
  head_row[i + 3u] = value.w;
  workgroupBarrier();
  return vec4f(rotate_element(i, position), rotate_element(i + 1u, position), rotate_element(i + 2u, position), rotate_element(i + 3u, position));
}
