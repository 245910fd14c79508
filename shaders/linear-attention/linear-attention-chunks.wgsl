// What a chunk of CHUNK tokens needs and the state does not enter (forms of arXiv:2405.21060, section 6, and arXiv:2412.06464, section 3.3),
// one workgroup a chunk and SHARED value heads of one key head, with D_ij = e^{g_{j+1} + … + g_i} (so D_ii = 1), q and k normalised where
// NORMALISED, q also scaled by Q_SCALE, β the gate's strength:
//   with DELTA   attention_ij = (q_i·k_j) D_ij for j ≤ i,   A_ij = β_i (k_i·k_j) D_ij for j < i,   transform = (I + A)⁻¹ diag(β);
//   without      attention_ij = (q_i·k_j) D_ij β_j for j ≤ i, plus the skip where i = j.
// Each exponent is a sum of log-decays ≤ 0 from j on, never a difference of two sums: nothing to cancel or overflow.
// A row past the step's last token has scales 0, β = 0 and g = 0: it adds nothing and forgets nothing.
// Needs common/step.wgsl, decay.wgsl, a gating and a transform snippet.
@group(0) @binding(0) var<storage, read> mixed: array<vec4f>;             // [T, MIXED_VECS]: q, k at Q_VEC, K_VEC [KEY_HEADS, KEY_VECS]
@group(0) @binding(1) var<storage, read_write> attention: array<f32>;     // [chunks, VALUE_HEADS, CHUNK, CHUNK], zero above the diagonal
@group(0) @binding(2) var<storage, read_write> row_scales: array<vec4f>;  // [chunks, VALUE_HEADS, CHUNK] of what turns raw rows into q e^G,
                                                                          // k e^G, k e^{G_C − G} (β, without DELTA); and G_C, the same in each row
@group(0) @binding(3) var<uniform> step: Step;

const LANES: u32 = CHUNK / 4u;  // invocations a row; each owns the columns lane + LANES · {0, 1, 2, 3} of its row
const PITCH: u32 = LANES + 1u;  // odd, so that neighbouring rows start in different banks

var<workgroup> q_tile: array<vec4f, CHUNK * PITCH>;
var<workgroup> k_tile: array<vec4f, CHUNK * PITCH>;
var<workgroup> q_scale: array<f32, CHUNK>;
var<workgroup> k_scale: array<f32, CHUNK>;
var<workgroup> gate: array<Gate, CHUNK>;
// Exponents of D at first; then what the transform is made from.
var<workgroup> matrix: array<f32, CHUNK * CHUNK>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let first_head = group.y * SHARED;
  let key_head = first_head / (VALUE_HEADS / KEY_HEADS);
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
      if (DELTA) { kk += k_tile[i * PITCH + d] * keys; }
    }
  }
  workgroupBarrier();
  q_tile[i * PITCH + lane] = vec4f(squares, 0.0, 0.0);
  workgroupBarrier();
  if (lane == 0u) {
    var scale = vec2f(Q_SCALE, 1.0);
    if (NORMALISED) {
      var sum = vec4f();
      for (var l = 0u; l < LANES; l++) { sum += q_tile[i * PITCH + l]; }
      scale *= inverseSqrt(sum.xy + L2_EPS);
    }
    if (!inside) { scale = vec2f(); }
    q_scale[i] = scale.x;
    k_scale[i] = scale.y;
  }
  for (var shared_head = 0u; shared_head < SHARED; shared_head++) {
    let head = first_head + shared_head;
    if (lane == 0u) {
      gate[i] = Gate(0.0, 0.0, 0.0);
      if (inside) { gate[i] = gate_of(token, head); }
    }
    workgroupBarrier();
    if (local < CHUNK) {
      var sum = 0.0;
      for (var row = 0u; row < CHUNK; row++) {
        if (row > local) { sum += gate[row].log_decay; }
        matrix[row * CHUNK + local] = sum;
      }
    }
    workgroupBarrier();
    let before = decay_factor(gate[0].log_decay + matrix[i * CHUNK]);
    let after = decay_factor(matrix[(CHUNK - 1u) * CHUNK + i]);
    let whole = gate[0].log_decay + matrix[(CHUNK - 1u) * CHUNK];
    let row = i * CHUNK + lane;
    let exponents = vec4f(matrix[row], matrix[row + LANES], matrix[row + 2u * LANES], matrix[row + 3u * LANES]);
    workgroupBarrier();

    let chunk = group.x * VALUE_HEADS + head;
    let written = select(gate[i].strength, 1.0, DELTA);
    if (lane == 0u) { row_scales[chunk * CHUNK + i] = vec4f(before * q_scale[i], before * k_scale[i], after * k_scale[i] * written, whole); }
    for (var c = 0u; c < 4u; c++) {
      let j = lane + LANES * c;
      let scale = select(0.0, decay_factor(exponents[c]) * k_scale[j], j <= i);
      let value = q_scale[i] * scale * qk[c] * select(gate[j].strength, 1.0, DELTA);
      attention[chunk * CHUNK * CHUNK + i * CHUNK + j] = value + select(0.0, gate[i].skip, i == j);
      if (DELTA) { matrix[i * CHUNK + j] = gate[i].strength * k_scale[i] * scale * kk[c]; }
    }
    write_transform(chunk, local);
  }
}
