// Per head: ((read − mean) / sqrt(variance + EPS) · weight + bias + (Σ r · k̃ · r_k) v) · gate, with k̃ = k · (1 + (sigmoid(rate) − 1) · k_a).
// A team of TEAM invocations a head. Needs common/sigmoid.wgsl and team_sum.
@group(0) @binding(0) var<storage, read> x: array<f32>;           // [T, STRIDE]: what each head reads of its state
@group(0) @binding(1) var<storage, read> mixed: array<f32>;       // [T, MIXED_STRIDE]: r, k, v, WIDTH columns each
@group(0) @binding(2) var<storage, read> rates: array<f32>;       // [T, STRIDE]
@group(0) @binding(3) var<storage, read> gate: array<f32>;        // [T, STRIDE]
@group(0) @binding(4) var<storage, read> parameters: array<f32>;  // [5, WIDTH]: k_k, k_a, r_k, weight, bias
@group(0) @binding(5) var<storage, read_write> out: array<f32>;   // [T, STRIDE]

const WIDTH: u32 = HEADS * HEAD_DIM;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let head = group.x * (WORKGROUP / TEAM) + local / TEAM;
  let row = group.y * STRIDE;
  let mixed_row = group.y * MIXED_STRIDE;
  let first = head * HEAD_DIM;
  // Teams past the last head do nothing, but take part in the sums, which have barriers.
  let end = select(first, first + HEAD_DIM, head < HEADS);
  var sum = 0.0;
  var bonus = 0.0;
  for (var i = first + local % TEAM; i < end; i += TEAM) {
    sum += x[row + i];
    let key = mixed[mixed_row + WIDTH + i] * (1.0 + (sigmoid(rates[row + i]) - 1.0) * parameters[WIDTH + i]);
    bonus += mixed[mixed_row + i] * key * parameters[2u * WIDTH + i];
  }
  let mean = team_sum(sum, local) / f32(HEAD_DIM);
  bonus = team_sum(bonus, local);
  var squares = 0.0;
  for (var i = first + local % TEAM; i < end; i += TEAM) {
    let centred = x[row + i] - mean;
    squares += centred * centred;
  }
  let inverse = inverseSqrt(team_sum(squares, local) / f32(HEAD_DIM) + EPS);
  for (var i = first + local % TEAM; i < end; i += TEAM) {
    let normalised = (x[row + i] - mean) * inverse * parameters[3u * WIDTH + i] + parameters[4u * WIDTH + i];
    out[row + i] = (normalised + bonus * mixed[mixed_row + 2u * WIDTH + i]) * gate[row + i];
  }
}
