// What a chunk of CHUNK tokens needs and the state does not enter (arXiv:2503.14376, section 3), one workgroup a chunk and head. With
//   L_ij = log i_j + Σ_{j < l ≤ i} log f_l for j ≤ i, the logarithm of what token j still weighs at token i, and M_i = max_j L_ij:
//   attention_ij = (q_i·k_j) e^{L_ij − M_i}, q scaled by Q_SCALE.
// Each L is a sum of log f ≤ 0 from its own column on, never a difference of two sums: nothing to cancel.
// A row past the step's last token has log f = 0 and a log i that no exponential survives: it adds nothing and forgets nothing.
// Needs common/step.wgsl and gates.wgsl.
@group(0) @binding(2) var<storage, read_write> attention: array<f32>;     // [chunks, HEADS, CHUNK, CHUNK], zero above the diagonal
@group(0) @binding(3) var<storage, read_write> row_scales: array<vec4f>;  // [chunks, HEADS, CHUNK] of Σ_{l ≤ i} log f_l, M_i, L of the row at the
                                                                          // chunk's last row, Σ_j attention_ij
@group(0) @binding(4) var<uniform> step: Step;

const LANES: u32 = CHUNK / 4u;  // invocations a row; each owns the columns lane + LANES · {0, 1, 2, 3} of its row
const PITCH: u32 = LANES + 1u;  // odd, so that neighbouring rows start in different banks
const NOTHING: f32 = -1e30;

var<workgroup> q_tile: array<vec4f, CHUNK * PITCH>;
var<workgroup> k_tile: array<vec4f, CHUNK * PITCH>;
var<workgroup> gate: array<Gates, CHUNK>;
var<workgroup> since_start: array<f32, CHUNK>;
var<workgroup> largest: array<f32, CHUNK>;
// L at first, then the attention.
var<workgroup> matrix: array<f32, CHUNK * CHUNK>;

@compute @workgroup_size(CHUNK * LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let head = group.y;
  let i = local / LANES;
  let lane = local % LANES;
  let token = group.x * CHUNK + i;
  let inside = token < step.count;
  let row = token * MIXED_VECS + head * KEY_VECS;

  var qk = vec4f();  // component c is q_i · k_j, j = lane + LANES · c
  for (var first = 0u; first < KEY_VECS; first += LANES) {
    var q = vec4f();
    var k = vec4f();
    if (inside && first + lane < KEY_VECS) {
      q = Q_SCALE * mixed[row + first + lane];
      k = mixed[row + HEADS * KEY_VECS + first + lane];
    }
    workgroupBarrier();
    q_tile[i * PITCH + lane] = q;
    k_tile[i * PITCH + lane] = k;
    workgroupBarrier();
    for (var d = 0u; d < LANES; d++) {
      let at = lane * PITCH + d;
      qk += q_tile[i * PITCH + d] * mat4x4f(k_tile[at], k_tile[at + LANES * PITCH], k_tile[at + 2u * LANES * PITCH], k_tile[at + 3u * LANES * PITCH]);
    }
  }
  if (lane == 0u) {
    gate[i] = Gates(NOTHING, 0.0);
    if (inside) { gate[i] = gates_of(token, head); }
  }
  workgroupBarrier();
  if (local < CHUNK) {
    var sum = gate[local].log_input;
    for (var later = 0u; later < CHUNK; later++) {
      if (later > local) { sum += gate[later].log_forget; }
      matrix[later * CHUNK + local] = select(NOTHING, sum, later >= local);
    }
  }
  if (local == CHUNK) {
    var sum = 0.0;
    for (var later = 0u; later < CHUNK; later++) {
      sum += gate[later].log_forget;
      since_start[later] = sum;
    }
  }
  workgroupBarrier();
  let at_end = matrix[(CHUNK - 1u) * CHUNK + i];
  if (local < CHUNK) {
    var most = NOTHING;
    for (var j = 0u; j <= local; j++) { most = max(most, matrix[local * CHUNK + j]); }
    largest[local] = most;
  }
  workgroupBarrier();
  let first = ((group.x * HEADS + head) * CHUNK + i) * CHUNK;
  for (var c = 0u; c < 4u; c++) {
    let j = lane + LANES * c;
    var value = 0.0;
    if (j <= i) { value = qk[c] * exp(matrix[i * CHUNK + j] - largest[i]); }
    matrix[i * CHUNK + j] = value;
    attention[first + j] = value;
  }
  workgroupBarrier();
  if (lane == 0u) {
    var sum = 0.0;
    for (var j = 0u; j <= i; j++) { sum += matrix[i * CHUNK + j]; }
    row_scales[(group.x * HEADS + head) * CHUNK + i] = vec4f(since_start[i], largest[i], at_end, sum);
  }
}
