// out[t, p] = RMSNorm(a − λ b) · (1 − LAMBDA_INIT) for the pairs of heads that attention read with keys 2j and 2j + 1, where
// λ = exp(q₁·k₁) − exp(q₂·k₂) + LAMBDA_INIT. One workgroup a pair.
@group(0) @binding(0) var<storage, read> x: array<f32>;           // [T, PAIRS / GROUP, 2, GROUP, WIDTH]
@group(0) @binding(1) var<storage, read> parameters: array<f32>;  // [q₁, k₁, q₂, k₂: LAMBDA_DIM each | norm weight: WIDTH]
@group(0) @binding(2) var<storage, read_write> out: array<f32>;   // [T, PAIRS, WIDTH]

var<workgroup> partial: array<vec2f, WORKGROUP>;

// Sums over the workgroup. All invocations must call it together.
fn workgroup_sum(value: vec2f, local: u32) -> vec2f {
  workgroupBarrier();
  partial[local] = value;
  for (var half = WORKGROUP / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local < half) { partial[local] += partial[local + half]; }
  }
  workgroupBarrier();
  return partial[0];
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  var products = vec2f();
  for (var i = local; i < LAMBDA_DIM; i += WORKGROUP) {
    products += vec2f(parameters[i] * parameters[LAMBDA_DIM + i], parameters[2u * LAMBDA_DIM + i] * parameters[3u * LAMBDA_DIM + i]);
  }
  let exponents = workgroup_sum(products, local);
  let lambda = exp(exponents.x) - exp(exponents.y) + LAMBDA_INIT;
  let first = (group.y * 2u * PAIRS + (group.x / GROUP) * 2u * GROUP + group.x % GROUP) * WIDTH;
  let second = first + GROUP * WIDTH;
  var squares = 0.0;
  for (var i = local; i < WIDTH; i += WORKGROUP) {
    let difference = x[first + i] - lambda * x[second + i];
    squares += difference * difference;
  }
  let factor = inverseSqrt(workgroup_sum(vec2f(squares, 0.0), local).x / f32(WIDTH) + EPS) * (1.0 - LAMBDA_INIT);
  let row = (group.y * PAIRS + group.x) * WIDTH;
  for (var i = local; i < WIDTH; i += WORKGROUP) {
    out[row + i] = (x[first + i] - lambda * x[second + i]) * factor * parameters[4u * LAMBDA_DIM + i];
  }
}
