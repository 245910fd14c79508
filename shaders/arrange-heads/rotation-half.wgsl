// Rotary embedding of whole heads, in pairs (i, i + FROM_DIM/2) (GPT-NeoX's order). Needs common/step.wgsl.
@group(0) @binding(2) var<storage, read> rotary: array<vec2f>;  // [context, FROM_DIM/2] of (cos, sin)
@group(0) @binding(3) var<uniform> step: Step;

const HALF = FROM_DIM / 2u;

fn rotated(row: u32, element: u32, token: u32) -> f32 {
  let pair = element % HALF;
  let turn = rotary[(step.position + token) * HALF + pair];
  let first = activate(x[row + pair]);
  let second = activate(x[row + pair + HALF]);
  return select(second * turn.x + first * turn.y, first * turn.x - second * turn.y, element < HALF);
}
