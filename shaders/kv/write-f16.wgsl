// Writes the kernel's keys and values [KV_HEADS, CAPACITY, HEAD_DIM], stored as halves, 4 in a vec2u. `row` counts rows, `quad` groups of 4 elements.
const LARGEST_HALF = 65504.0;

// WGSL leaves the conversion of larger numbers open, so they saturate here.
fn pack_halves(value: vec4f) -> vec2u {
  let fitting = clamp(value, vec4f(-LARGEST_HALF), vec4f(LARGEST_HALF));
  return vec2u(pack2x16float(fitting.xy), pack2x16float(fitting.zw));
}

fn store_key(row: u32, quad: u32, value: vec4f) { keys[row * ROW4 + quad] = pack_halves(value); }
fn store_value(row: u32, quad: u32, value: vec4f) { values[row * ROW4 + quad] = pack_halves(value); }
