// Carries S through the chunks in order, one workgroup a value head and slice of COLUMNS columns of S, which are independent:
//   N = transform (V − (K e^G) S) with DELTA, V without,   O = (Q e^G) S + attention N,   S ← e^{G_C} S + (K e^{G_C − G})ᵀ N.
// With DELTA, N is U − W S of the papers with the factor (I + A)⁻¹ diag(β) taken out, which saves writing and reading W and U;
// without, β is in `attention` and in the scale of K. Needs common/step.wgsl, decay.wgsl and a `corrected`.
@group(0) @binding(0) var<storage, read> mixed: array<vec4f>;        // [T, MIXED_VECS]: q, k at Q_VEC, K_VEC [KEY_HEADS, KEY_VECS], v at V_VEC [VALUE_HEADS, VALUE_VECS]
@group(0) @binding(1) var<storage, read> attention: array<vec4f>;    // [chunks, VALUE_HEADS, CHUNK, CHUNK / 4]
@group(0) @binding(2) var<storage, read> row_scales: array<vec4f>;   // [chunks, VALUE_HEADS, CHUNK], see linear-attention-chunks.wgsl
@group(0) @binding(3) var<storage, read_write> state: array<vec4f>;  // [STATE_SLOTS, VALUE_HEADS, VALUE_DIM, KEY_VECS]: Sᵀ
@group(0) @binding(4) var<storage, read_write> out: array<vec4f>;    // [T, VALUE_HEADS, VALUE_VECS]
@group(0) @binding(5) var<uniform> step: Step;

const WORKGROUP: u32 = CHUNK * QUADS;

var<workgroup> s: array<vec4f, KEY_DIM * QUADS>;  // [KEY_DIM, COLUMNS]
var<workgroup> n: array<vec4f, CHUNK * QUADS>;    // [CHUNK, COLUMNS]
var<workgroup> k_scale: array<f32, CHUNK>;

// Rows 4·d … 4·d + 3 of one quad of columns of S.
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
  let key_head = head / (VALUE_HEADS / KEY_HEADS);
  let slot = VALUE_HEADS * VALUE_DIM * KEY_VECS;
  for (var part = local; part < KEY_VECS * QUADS; part += WORKGROUP) {
    let d = part % KEY_VECS;
    let quad = part / KEY_VECS;
    let first_column = (group.x * QUADS + quad) * 4u;
    if (first_column < VALUE_DIM) {
      let at = step.slot_in * slot + (head * VALUE_DIM + first_column) * KEY_VECS + d;
      set_state_rows(d, quad, transpose(mat4x4f(state[at], state[at + KEY_VECS], state[at + 2u * KEY_VECS], state[at + 3u * KEY_VECS])));
    }
  }
  let i = local / QUADS;
  let quad = local % QUADS;
  let value_quad = group.x * QUADS + quad;
  let chunks = (step.count + CHUNK - 1u) / CHUNK;
  for (var c = 0u; c < chunks; c++) {
    let chunk = (c * VALUE_HEADS + head) * CHUNK;
    let token = c * CHUNK + i;
    // Rows past the last token have scale and transform 0: any finite row will do for them.
    let row = min(token, step.count - 1u) * MIXED_VECS;
    let q_row = row + Q_VEC + key_head * KEY_VECS;
    let k_row = row + K_VEC + key_head * KEY_VECS;
    let scales = row_scales[chunk + i];
    workgroupBarrier();
    var sq = vec4f();
    var sk = vec4f();
    for (var d = 0u; d < KEY_VECS; d++) {
      let rows = state_rows(d, quad);
      sq += rows * mixed[q_row + d];
      if (DELTA) { sk += rows * mixed[k_row + d]; }
    }
    let v = mixed[row + V_VEC + head * VALUE_VECS + min(value_quad, VALUE_VECS - 1u)];
    n[local] = corrected(v - scales.y * sk, chunk, local);
    if (quad == 0u) { k_scale[i] = scales.z; }
    workgroupBarrier();
    let decay = decay_by(scales.w);
    var output = scales.x * sq;
    for (var j = 0u; j < CHUNK / 4u; j++) {
      let at = j * 4u * QUADS + quad;
      output += mat4x4f(n[at], n[at + QUADS], n[at + 2u * QUADS], n[at + 3u * QUADS]) * attention[(chunk + i) * (CHUNK / 4u) + j];
    }
    if (token < step.count && value_quad < VALUE_VECS) { out[(token * VALUE_HEADS + head) * VALUE_VECS + value_quad] = output; }
    for (var part = local; part < KEY_VECS * QUADS; part += WORKGROUP) {
      let d = part / QUADS;
      let held = state_rows(d, part % QUADS);
      var rows = held * decay.change;
      for (var j = 0u; j < CHUNK; j++) {
        let key_token = min(c * CHUNK + j, step.count - 1u);
        let k = k_scale[j] * mixed[key_token * MIXED_VECS + K_VEC + key_head * KEY_VECS + d];
        let value = n[j * QUADS + part % QUADS];
        rows += mat4x4f(k.x * value, k.y * value, k.z * value, k.w * value);
      }
      set_state_rows(d, part % QUADS, held * decay.keep + rows);
    }
  }
  workgroupBarrier();
  for (var part = local; part < KEY_VECS * QUADS; part += WORKGROUP) {
    let d = part % KEY_VECS;
    let first_column = (group.x * QUADS + part / KEY_VECS) * 4u;
    if (first_column < VALUE_DIM) {
      let at = step.slot_out * slot + (head * VALUE_DIM + first_column) * KEY_VECS + d;
      let columns = transpose(state_rows(d, part / KEY_VECS));
      state[at] = columns[0];
      state[at + KEY_VECS] = columns[1];
      state[at + 2u * KEY_VECS] = columns[2];
      state[at + 3u * KEY_VECS] = columns[3];
    }
  }
}
