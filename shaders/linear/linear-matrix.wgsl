// out = x · weightᵀ for T tokens. A workgroup computes TILE × TILE outputs, an invocation 4 tokens × 4 outputs, over 32 inputs at a time
// that are decoded into workgroup memory once.
@group(0) @binding(STEP_BINDING) var<uniform> step: Step;

var<workgroup> x_tile: array<vec4f, TILE * 8u>;       // [TILE tokens, 8] of 4 inputs
var<workgroup> weight_tile: array<vec4f, TILE * 8u>;  // [TILE outputs, 8] of 4 inputs

fn load_quad(token: u32, quad: u32) -> vec4f {
  if (token >= step.count) { return vec4f(); }
  return masked(x_quad(token, quad), quad);
}

fn store_quad(token: u32, row: u32, sums: vec4f) {
  if (token >= step.count) { return; }
  if (GATED) {
    if (row < OUTPUTS) { store_gated(token, row, sums.x, sums.y); }
    if (row + 2u < OUTPUTS) { store_gated(token, row + 2u, sums.z, sums.w); }
  } else {
    if (row < OUTPUTS) { store(token, row, sums.x); }
    if (row + 1u < OUTPUTS) { store(token, row + 1u, sums.y); }
    if (row + 2u < OUTPUTS) { store(token, row + 2u, sums.z); }
    if (row + 3u < OUTPUTS) { store(token, row + 3u, sums.w); }
  }
}

@compute @workgroup_size(TILE / 4u, TILE / 4u)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) id: vec3u, @builtin(local_invocation_index) local: u32) {
  let first_row = group.x * TILE;
  let first_token = group.y * TILE;
  var sums0 = vec4f();
  var sums1 = vec4f();
  var sums2 = vec4f();
  var sums3 = vec4f();
  for (var block = 0u; block < BLOCKS; block++) {
    workgroupBarrier();
    for (var i = local; i < TILE * 8u; i += TILE * TILE / 16u) {
      x_tile[place(i / 8u, i % 8u)] = load_quad(first_token + i / 8u, block * 8u + i % 8u);
    }
    for (var i = local; i < TILE * 4u; i += TILE * TILE / 16u) {
      // Rows beyond the last repeat it; their products are not stored.
      let weights = weight_octet(min(first_row + i / 4u, OUTPUTS - 1u), block * 4u + i % 4u);
      weight_tile[place(i / 4u, i % 4u * 2u)] = weights[0];
      weight_tile[place(i / 4u, i % 4u * 2u + 1u)] = weights[1];
    }
    workgroupBarrier();
    for (var quad = 0u; quad < 8u; quad++) {
      let columns = transpose(mat4x4f(
        weight_tile[place(id.x * 4u, quad)], weight_tile[place(id.x * 4u + 1u, quad)],
        weight_tile[place(id.x * 4u + 2u, quad)], weight_tile[place(id.x * 4u + 3u, quad)]));
      sums0 = add_products(sums0, columns, x_tile[place(id.y * 4u, quad)]);
      sums1 = add_products(sums1, columns, x_tile[place(id.y * 4u + 1u, quad)]);
      sums2 = add_products(sums2, columns, x_tile[place(id.y * 4u + 2u, quad)]);
      sums3 = add_products(sums3, columns, x_tile[place(id.y * 4u + 3u, quad)]);
    }
  }
  let token = first_token + id.y * 4u;
  let row = first_row + id.x * 4u;
  store_quad(token, row, sums0);
  store_quad(token + 1u, row, sums1);
  store_quad(token + 2u, row, sums2);
  store_quad(token + 3u, row, sums3);
}
