// Carries C, n and m through the chunks in order, one workgroup a head and slice of COLUMNS columns of C, which are independent; each
// slice keeps n and m for itself. With G_i, M_i, L_i and S_i the row scales of m-lstm-chunks.wgsl and m of the chunk's beginning:
//   m_i = max(G_i + m, M_i),   out_i = (e^{G_i + m − m_i} Cᵀq_i + e^{M_i − m_i} Σ_j attention_ij v_j) / divisor,
//   and after the last row, whose m_i is the next m,   C ← e^{G + m − m_i} C + Σ_j e^{L_j − m_i} k_j v_jᵀ.
// No exponent is positive. Needs common/step.wgsl, common/expm1.wgsl and divisor.wgsl.
@group(0) @binding(0) var<storage, read> mixed: array<vec4f>;        // [T, MIXED_VECS]: [q: HEADS | k: HEADS] · KEY_VECS, [v: HEADS] · VALUE_VECS
@group(0) @binding(1) var<storage, read> attention: array<vec4f>;    // [chunks, HEADS, CHUNK, CHUNK / 4]
@group(0) @binding(2) var<storage, read> row_scales: array<vec4f>;   // [chunks, HEADS, CHUNK], see m-lstm-chunks.wgsl
@group(0) @binding(3) var<storage, read_write> state: array<vec4f>;  // [STATE_SLOTS, HEADS, HEAD_VECS]: Cᵀ [VALUE_DIM, KEY_VECS], n [KEY_VECS], m
@group(0) @binding(4) var<storage, read_write> out: array<vec4f>;    // [T, HEADS, VALUE_VECS]
@group(0) @binding(5) var<uniform> step: Step;

const HEAD_VECS: u32 = (VALUE_DIM + 1u) * KEY_VECS + 1u;
const QUADS: u32 = COLUMNS / 4u;
const WORKGROUP: u32 = CHUNK * QUADS;

var<workgroup> s: array<vec4f, KEY_VECS * 4u * QUADS>;  // [KEY_DIM, COLUMNS]
var<workgroup> n: array<vec4f, KEY_VECS>;
var<workgroup> v: array<vec4f, CHUNK * QUADS>;          // [CHUNK, COLUMNS]
var<workgroup> qn: array<f32, CHUNK * QUADS>;           // parts of q·n
var<workgroup> k_scale: array<f32, CHUNK>;

// Rows 4·d … 4·d + 3 of one quad of columns of C.
fn state_rows(d: u32, quad: u32) -> mat4x4f {
  let at = d * 4u * QUADS + quad;
  return mat4x4f(s[at], s[at + QUADS], s[at + 2u * QUADS], s[at + 3u * QUADS]);
}

fn set_state_rows(d: u32, quad: u32, rows: mat4x4f) {
  let at = d * 4u * QUADS + quad;
  s[at] = rows[0];
  s[at + QUADS] = rows[1];
  s[at + 2u * QUADS] = rows[2];
  s[at + 3u * QUADS] = rows[3];
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let head = group.y;
  let slot_in = (step.slot_in * HEADS + head) * HEAD_VECS;
  let slot_out = (step.slot_out * HEADS + head) * HEAD_VECS;
  for (var part = local; part < KEY_VECS * QUADS; part += WORKGROUP) {
    let d = part % KEY_VECS;
    let first_column = (group.x * QUADS + part / KEY_VECS) * 4u;
    if (first_column < VALUE_DIM) {
      let at = slot_in + first_column * KEY_VECS + d;
      set_state_rows(d, part / KEY_VECS, transpose(mat4x4f(state[at], state[at + KEY_VECS], state[at + 2u * KEY_VECS], state[at + 3u * KEY_VECS])));
    }
  }
  for (var d = local; d < KEY_VECS; d += WORKGROUP) { n[d] = state[slot_in + VALUE_DIM * KEY_VECS + d]; }
  var m = state[slot_in + HEAD_VECS - 1u].x;
  let i = local / QUADS;
  let quad = local % QUADS;
  let value_quad = group.x * QUADS + quad;
  let chunks = (step.count + CHUNK - 1u) / CHUNK;
  for (var c = 0u; c < chunks; c++) {
    let chunk = (c * HEADS + head) * CHUNK;
    let token = c * CHUNK + i;
    // Rows past the last token have no weight: any finite row will do for them.
    let row = min(token, step.count - 1u) * MIXED_VECS;
    let q_row = row + head * KEY_VECS;
    let scales = row_scales[chunk + i];
    let end_scales = row_scales[chunk + CHUNK - 1u];
    let m_row = max(scales.x + m, scales.y);
    let m_end = max(end_scales.x + m, end_scales.y);
    workgroupBarrier();
    v[local] = mixed[row + 2u * HEADS * KEY_VECS + head * VALUE_VECS + min(value_quad, VALUE_VECS - 1u)];
    if (quad == 0u) { k_scale[i] = exp(scales.z - m_end); }
    var sq = vec4f();
    for (var d = 0u; d < KEY_VECS; d++) { sq += state_rows(d, quad) * mixed[q_row + d]; }
    var part_qn = 0.0;
    for (var d = quad; d < KEY_VECS; d += QUADS) { part_qn += dot(n[d], mixed[q_row + d]); }
    qn[local] = part_qn;
    workgroupBarrier();
    var within = vec4f();
    for (var j = 0u; j < CHUNK / 4u; j++) {
      let at = j * 4u * QUADS + quad;
      within += mat4x4f(v[at], v[at + QUADS], v[at + 2u * QUADS], v[at + 3u * QUADS]) * attention[(chunk + i) * (CHUNK / 4u) + j];
    }
    var sum_qn = 0.0;
    for (var part = 0u; part < QUADS; part++) { sum_qn += qn[i * QUADS + part]; }
    let from_state = Q_SCALE * exp(scales.x + (m - m_row));
    let from_chunk = exp(scales.y - m_row);
    if (token < step.count && value_quad < VALUE_VECS) {
      out[(token * HEADS + head) * VALUE_VECS + value_quad] = (from_state * sq + from_chunk * within) / divisor(from_state * sum_qn + from_chunk * scales.w, m_row);
    }
    // What is kept, less 1. The difference of the two m is exact where they are close: what m has rounded away of log f, C then still loses.
    let forgotten = expm1(end_scales.x + (m - m_end));
    workgroupBarrier();
    for (var part = local; part < KEY_VECS * QUADS; part += WORKGROUP) {
      let d = part / QUADS;
      var rows = state_rows(d, part % QUADS);
      rows += forgotten * rows;
      var sum = vec4f();
      for (var j = 0u; j < CHUNK; j++) {
        let key_token = min(c * CHUNK + j, step.count - 1u);
        let k = k_scale[j] * mixed[key_token * MIXED_VECS + (HEADS + head) * KEY_VECS + d];
        let value = v[j * QUADS + part % QUADS];
        rows += mat4x4f(k.x * value, k.y * value, k.z * value, k.w * value);
        sum += k;
      }
      set_state_rows(d, part % QUADS, rows);
      if (part % QUADS == 0u) { n[d] += forgotten * n[d] + sum; }
    }
    m = m_end;
  }
  workgroupBarrier();
  for (var part = local; part < KEY_VECS * QUADS; part += WORKGROUP) {
    let d = part % KEY_VECS;
    let first_column = (group.x * QUADS + part / KEY_VECS) * 4u;
    if (first_column < VALUE_DIM) {
      let at = slot_out + first_column * KEY_VECS + d;
      let columns = transpose(state_rows(d, part / KEY_VECS));
      state[at] = columns[0];
      state[at + KEY_VECS] = columns[1];
      state[at + 2u * KEY_VECS] = columns[2];
      state[at + 3u * KEY_VECS] = columns[3];
    }
  }
  if (group.x > 0u) { return; }
  for (var d = local; d < KEY_VECS; d += WORKGROUP) { state[slot_out + VALUE_DIM * KEY_VECS + d] = n[d]; }
  if (local == 0u) { state[slot_out + HEAD_VECS - 1u] = vec4f(m, 0.0, 0.0, 0.0); }
}
