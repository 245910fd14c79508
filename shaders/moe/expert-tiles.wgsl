// Each expert's product with the rows of x that chose it. A workgroup computes TILE assignments × ROWS outputs of one expert, an invocation
// 4 × 4 of them, over 32 inputs at a time that are decoded into workgroup memory once.
@group(0) @binding(X_BINDING) var<storage, read> x: array<vec4f>;             // [T · TOP_K / SHARE, X_QUADS], INPUTS columns used
@group(0) @binding(X_BINDING + 1u) var<storage, read> order: array<u32>;      // [T · TOP_K] assignments, by expert
@group(0) @binding(X_BINDING + 2u) var<storage, read> tiles: array<vec4u>;    // expert, first place in order, assignments
@group(0) @binding(OUT_BINDING) var<storage, read_write> out: array<f32>;     // [T · TOP_K, OUT_STRIDE]

const INVOCATIONS = ROWS * TILE / 16u;

var<workgroup> assignments: array<u32, TILE>;
var<workgroup> x_tile: array<vec4f, TILE * 8u>;       // [TILE assignments, 8] of 4 inputs
var<workgroup> weight_tile: array<vec4f, ROWS * 8u>;  // [ROWS outputs, 8] of 4 inputs

fn store_quad(tile: vec4u, row: u32, i: u32, sums: vec4f) {
  if (i >= tile.z) { return; }
  store_pair(tile.x, row, assignments[i], sums.x, sums.y);
  store_pair(tile.x, row + 2u, assignments[i], sums.z, sums.w);
}

@compute @workgroup_size(ROWS / 4u, TILE / 4u)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) id: vec3u, @builtin(local_invocation_index) local: u32) {
  let tile = tiles[group.y];
  let expert = tile.x - FIRST_EXPERT;
  if (tile.z == 0u || expert >= EXPERTS) { return; }
  let first_row = group.x * ROWS;
  if (local < TILE) { assignments[local] = order[tile.y + min(local, tile.z - 1u)]; }
  var sums0 = vec4f();
  var sums1 = vec4f();
  var sums2 = vec4f();
  var sums3 = vec4f();
  for (var block = 0u; block < BLOCKS; block++) {
    workgroupBarrier();
    for (var i = local; i < TILE * 8u; i += INVOCATIONS) {
      let quad = block * 8u + i % 8u;
      // Places beyond the last assignment repeat it, as rows do; their products are not stored.
      x_tile[place(i / 8u, i % 8u)] = masked(x[assignments[i / 8u] / SHARE * X_QUADS + quad], quad);
    }
    for (var i = local; i < ROWS * 4u; i += INVOCATIONS) {
      let weights = weight_octet(expert * OUTPUTS + min(first_row + i / 4u, OUTPUTS - 1u), block * 4u + i % 4u);
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
  let row = first_row + id.x * 4u;
  store_quad(tile, row, id.y * 4u, sums0);
  store_quad(tile, row, id.y * 4u + 1u, sums1);
  store_quad(tile, row, id.y * 4u + 2u, sums2);
  store_quad(tile, row, id.y * 4u + 3u, sums3);
}
