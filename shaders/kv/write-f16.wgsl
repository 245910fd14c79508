// Writes the kernel's keys and values [KV_HEADS, CAPACITY, HEAD_DIM], stored as halves, 4 in a vec2u. `index4` counts groups of 4 elements.
// A workgroup holds exactly one row and all of it calls together, so that a scaled format can reduce over the row.
const LARGEST_HALF = 65504.0;

// WGSL leaves the conversion of larger numbers open, so they saturate here.
fn pack_halves(value: vec4f) -> vec2u {
  let fitting = clamp(value, vec4f(-LARGEST_HALF), vec4f(LARGEST_HALF));
  return vec2u(pack2x16float(fitting.xy), pack2x16float(fitting.zw));
}

fn store_key(index4: u32, value: vec4f) { keys[index4] = pack_halves(value); }
fn store_value(index4: u32, value: vec4f) { values[index4] = pack_halves(value); }
