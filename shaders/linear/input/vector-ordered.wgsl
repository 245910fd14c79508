@group(0) @binding(X_BINDING) var<storage, read> x: array<f32>;                // [1, 4·X_QUADS], INPUTS columns used
@group(0) @binding(ORDER_BINDING) var<storage, read> order: array<vec4<u32>>;  // [8·BLOCKS]: the column of x for each input of the weight

fn x_quad(quad: u32) -> vec4f {
  let columns = order[quad];
  return vec4f(x[columns.x], x[columns.y], x[columns.z], x[columns.w]);
}
