@group(0) @binding(NORM_BINDING) var<storage, read> norm_weight: array<f32>;  // [4·X_QUADS], in the order of x

fn norm_quad(quad: u32) -> vec4f {
  let columns = order[quad];
  return vec4f(norm_weight[columns.x], norm_weight[columns.y], norm_weight[columns.z], norm_weight[columns.w]);
}
