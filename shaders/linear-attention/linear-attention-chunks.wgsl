// What a chunk of CHUNK tokens needs and the state does not enter (linear-attention.md, chunked form 2), one workgroup a
// chunk and value head, with D_ij = Π_{j < l ≤ i} α_l (so D_ii = 1), q and k normalised, q also scaled by Q_SCALE:
//   A_ij = β_i (k_i·k_j) D_ij for j < i,   transform = (I + A)⁻¹ diag(β),   attention_ij = (q_i·k_j) D_ij for j ≤ i.
// Decays are running products of α ≤ 1: no exponential of a difference, nothing to cancel or overflow.
// A row past the step's last token has scales 0, β = 0 and α = 1: it adds nothing and forgets nothing.
// Needs common/step.wgsl, common/sigmoid.wgsl and log_decay.
@group(0) @binding(0) var<storage, read> mixed: array<vec4f>;             // [T, MIXED_VECS]: q, k at Q_VEC, K_VEC [KEY_HEADS, KEY_VECS]
@group(0) @binding(1) var<storage, read> gates: array<f32>;               // [T, GATES_STRIDE]: b, a [VALUE_HEADS] at BETA_COLUMN, DECAY_COLUMN
@group(0) @binding(2) var<storage, read> gate_params: array<f32>;         // [2, VALUE_HEADS]: decay rate, bias of a
@group(0) @binding(3) var<storage, read_write> transform: array<f32>;     // [chunks, VALUE_HEADS, CHUNK, CHUNK], zero above the diagonal
@group(0) @binding(4) var<storage, read_write> attention: array<f32>;     // [chunks, VALUE_HEADS, CHUNK, CHUNK], zero above the diagonal
@group(0) @binding(5) var<storage, read_write> row_scales: array<vec4f>;  // [chunks, VALUE_HEADS, CHUNK] of what turns raw rows into
                                                                          // q e^G, k e^G, k e^{G_C − G}; and e^{G_C}, the same in each row
@group(0) @binding(6) var<uniform> step: Step;

const LANES: u32 = CHUNK / 4u;  // invocations a row; each owns the columns lane + LANES · {0, 1, 2, 3} of its row
const HALF: u32 = CHUNK / 2u;
const PITCH: u32 = LANES + 1u;  // odd, so that neighbouring rows start in different banks

var<workgroup> q_tile: array<vec4f, CHUNK * PITCH>;
var<workgroup> k_tile: array<vec4f, CHUNK * PITCH>;
var<workgroup> q_scale: array<f32, CHUNK>;
var<workgroup> k_scale: array<f32, CHUNK>;
var<workgroup> alpha: array<f32, CHUNK>;
var<workgroup> beta: array<f32, CHUNK>;
// D at first; then A below the diagonal and the transpose of X = (I + A)⁻¹ on and above it.
var<workgroup> matrix: array<f32, CHUNK * CHUNK>;

fn inverse_at(i: u32, j: u32) -> f32 { return matrix[j * CHUNK + i]; }

// Columns of X within the two diagonal blocks, by forward substitution; one invocation a column.
fn invert_diagonal_block(j: u32) {
  let end = (j / HALF + 1u) * HALF;
  matrix[j * CHUNK + j] = 1.0;
  for (var i = j + 1u; i < end; i++) {
    var sum = 0.0;
    for (var l = j; l < i; l++) { sum += matrix[i * CHUNK + l] * inverse_at(l, j); }
    matrix[j * CHUNK + i] = -sum;
  }
}

// X₂₁ = −X₂₂ A₂₁ X₁₁; one invocation an element.
fn merge_blocks(local: u32) {
  let i = HALF + local / HALF;
  let j = local % HALF;
  var product = 0.0;
  for (var l = j; l < HALF; l++) { product += matrix[i * CHUNK + l] * inverse_at(l, j); }
  workgroupBarrier();
  matrix[i * CHUNK + j] = product;
  workgroupBarrier();
  var sum = 0.0;
  for (var l = HALF; l <= i; l++) { sum += inverse_at(i, l) * matrix[l * CHUNK + j]; }
  matrix[j * CHUNK + i] = -sum;
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let head = group.y;
  let key_head = head / (VALUE_HEADS / KEY_HEADS);
  let i = local / LANES;
  let lane = local % LANES;
  let token = group.x * CHUNK + i;
  let inside = token < step.count;
  let row_start = token * MIXED_VECS + key_head * KEY_VECS;
  let q_row = row_start + Q_VEC;
  let k_row = row_start + K_VEC;

  var squares = vec2f();
  var qk = vec4f();  // component c is q_i · k_j, j = lane + LANES · c
  var kk = vec4f();
  for (var first = 0u; first < KEY_VECS; first += LANES) {
    var q = vec4f();
    var k = vec4f();
    if (inside && first + lane < KEY_VECS) {
      q = mixed[q_row + first + lane];
      k = mixed[k_row + first + lane];
    }
    squares += vec2f(dot(q, q), dot(k, k));
    workgroupBarrier();
    q_tile[i * PITCH + lane] = q;
    k_tile[i * PITCH + lane] = k;
    workgroupBarrier();
    for (var d = 0u; d < LANES; d++) {
      let at = lane * PITCH + d;
      let keys = mat4x4f(k_tile[at], k_tile[at + LANES * PITCH], k_tile[at + 2u * LANES * PITCH], k_tile[at + 3u * LANES * PITCH]);
      qk += q_tile[i * PITCH + d] * keys;
      kk += k_tile[i * PITCH + d] * keys;
    }
  }
  workgroupBarrier();
  q_tile[i * PITCH + lane] = vec4f(squares, 0.0, 0.0);
  workgroupBarrier();
  if (lane == 0u) {
    var sum = vec4f();
    for (var l = 0u; l < LANES; l++) { sum += q_tile[i * PITCH + l]; }
    q_scale[i] = 0.0;
    k_scale[i] = 0.0;
    alpha[i] = 1.0;
    beta[i] = 0.0;
    if (inside) {
      q_scale[i] = Q_SCALE;
      k_scale[i] = 1.0;
      if (NORMALISED) {
        q_scale[i] *= inverseSqrt(sum.x + L2_EPS);
        k_scale[i] = inverseSqrt(sum.y + L2_EPS);
      }
      let gate = token * GATES_STRIDE + head;
      alpha[i] = exp(log_decay(gates[gate + DECAY_COLUMN], gate_params[head], gate_params[VALUE_HEADS + head]));
      beta[i] = BETA_SCALE * sigmoid(gates[gate + BETA_COLUMN]);
    }
  }
  workgroupBarrier();
  if (local < CHUNK) {
    var decay = 0.0;
    for (var row = 0u; row < CHUNK; row++) {
      if (row == local) { decay = 1.0; } else { decay *= alpha[row]; }
      matrix[row * CHUNK + local] = decay;
    }
  }
  workgroupBarrier();
  let before = alpha[0] * matrix[i * CHUNK];
  let after = matrix[(CHUNK - 1u) * CHUNK + i];
  let whole = alpha[0] * matrix[(CHUNK - 1u) * CHUNK];
  let row = i * CHUNK + lane;
  let decays = vec4f(matrix[row], matrix[row + LANES], matrix[row + 2u * LANES], matrix[row + 3u * LANES]);
  workgroupBarrier();

  let chunk = group.x * VALUE_HEADS + head;
  if (lane == 0u) { row_scales[chunk * CHUNK + i] = vec4f(before * q_scale[i], before * k_scale[i], after * k_scale[i], whole); }
  for (var c = 0u; c < 4u; c++) {
    let j = lane + LANES * c;
    let scale = decays[c] * k_scale[j];
    attention[chunk * CHUNK * CHUNK + i * CHUNK + j] = q_scale[i] * scale * qk[c];
    matrix[i * CHUNK + j] = beta[i] * k_scale[i] * scale * kk[c];
  }
  workgroupBarrier();
  if (local < CHUNK) { invert_diagonal_block(local); }
  workgroupBarrier();
  merge_blocks(local);
  workgroupBarrier();
  for (var c = 0u; c < 4u; c++) {
    let j = lane + LANES * c;
    var value = 0.0;
    if (j <= i) { value = inverse_at(i, j) * beta[j]; }
    transform[chunk * CHUNK * CHUNK + i * CHUNK + j] = value;
  }
}
