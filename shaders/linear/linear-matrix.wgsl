// out = x · weightᵀ for T tokens. A workgroup computes TOKENS × ROWS outputs, an invocation 4 tokens × 4 outputs, over 4·QUADS inputs at a time
// that are decoded into workgroup memory once. PARTS invocations share the inputs of the same outputs and add up in the end.
@group(0) @binding(STEP_BINDING) var<uniform> step: Step;

const WORKGROUP = TOKENS * ROWS / 16u * PARTS;
var<workgroup> x_tile: array<vec4f, TOKENS * QUADS>;       // [TOKENS, QUADS] of 4 inputs; in the end sums, [WORKGROUP, 2]
var<workgroup> weight_tile: array<vec4f, ROWS * QUADS>;    // [ROWS, QUADS] of 4 inputs; in the end sums, [WORKGROUP, 2]

// What lies beyond the last block is not there: it is no part of the sums.
fn exists(quad: u32) -> bool { return BLOCKS % (QUADS / 8u) == 0u || quad < BLOCKS * 8u; }

fn load_quad(token: u32, quad: u32) -> vec4f {
  if (token >= step.count || !exists(quad)) { return vec4f(); }
  return masked(x_quad(token, quad), quad);
}

fn load_octet(row: u32, octet: u32) -> mat2x4f {
  if (!exists(octet * 2u)) { return mat2x4f(); }
  // Rows beyond the last repeat it; their products are not stored.
  return weight_octet(min(row, OUTPUTS - 1u), octet);
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

@compute @workgroup_size(ROWS / 4u, TOKENS / 4u, PARTS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) id: vec3u, @builtin(local_invocation_index) local: u32) {
  let first_row = group.x * ROWS;
  let first_token = group.y * TOKENS;
  var sums0 = vec4f();
  var sums1 = vec4f();
  var sums2 = vec4f();
  var sums3 = vec4f();
  for (var first_quad = 0u; first_quad < BLOCKS * 8u; first_quad += QUADS) {
    workgroupBarrier();
    for (var i = local; i < TOKENS * QUADS; i += WORKGROUP) {
      x_tile[place(i / QUADS, i % QUADS)] = load_quad(first_token + i / QUADS, first_quad + i % QUADS);
    }
    for (var i = local; i < ROWS * QUADS / 2u; i += WORKGROUP) {
      let row = i / (QUADS / 2u);
      let octet = i % (QUADS / 2u);
      let weights = load_octet(first_row + row, first_quad / 2u + octet);
      weight_tile[place(row, octet * 2u)] = weights[0];
      weight_tile[place(row, octet * 2u + 1u)] = weights[1];
    }
    workgroupBarrier();
    for (var quad = id.z; quad < QUADS; quad += PARTS) {
      let columns = transpose(mat4x4f(
        weight_tile[place(id.x * 4u, quad)], weight_tile[place(id.x * 4u + 1u, quad)],
        weight_tile[place(id.x * 4u + 2u, quad)], weight_tile[place(id.x * 4u + 3u, quad)]));
      sums0 = add_products(sums0, columns, x_tile[place(id.y * 4u, quad)]);
      sums1 = add_products(sums1, columns, x_tile[place(id.y * 4u + 1u, quad)]);
      sums2 = add_products(sums2, columns, x_tile[place(id.y * 4u + 2u, quad)]);
      sums3 = add_products(sums3, columns, x_tile[place(id.y * 4u + 3u, quad)]);
    }
  }
  if (PARTS > 1u) {
    workgroupBarrier();
    x_tile[local * 2u] = sums0;
    x_tile[local * 2u + 1u] = sums1;
    weight_tile[local * 2u] = sums2;
    weight_tile[local * 2u + 1u] = sums3;
    workgroupBarrier();
    if (id.z > 0u) { return; }
    for (var other = local + WORKGROUP / PARTS; other < WORKGROUP; other += WORKGROUP / PARTS) {
      sums0 += x_tile[other * 2u];
      sums1 += x_tile[other * 2u + 1u];
      sums2 += weight_tile[other * 2u];
      sums3 += weight_tile[other * 2u + 1u];
    }
  }
  let token = first_token + id.y * 4u;
  let row = first_row + id.x * 4u;
  store_quad(token, row, sums0);
  store_quad(token + 1u, row, sums1);
  store_quad(token + 2u, row, sums2);
  store_quad(token + 3u, row, sums3);
}
