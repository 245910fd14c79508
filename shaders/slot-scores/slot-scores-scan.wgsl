// Carries S through the chunks in order, one workgroup a head and slice of COLUMNS slots, which are independent. With the rows and decays of
// slot-scores-chunks.wgsl: scores += rows (Sᵀq), S ← S diag(D_C) + Kᵀ rows. Needs common/step.wgsl and decayed.wgsl.
@group(0) @binding(0) var<storage, read> mixed: array<vec4f>;        // [T, MIXED_VECS], see slot-scores-step.wgsl
@group(0) @binding(1) var<storage, read> rows: array<f32>;           // [chunks, HEADS, 2, CHUNK, SLOTS]
@group(0) @binding(2) var<storage, read> decays: array<f32>;         // [chunks, HEADS, 2, SLOTS]
@group(0) @binding(3) var<storage, read_write> state: array<vec4f>;  // [STATE_SLOTS, HEADS, SLOTS, KEY_VECS]: Sᵀ
@group(0) @binding(4) var<storage, read_write> out: array<f32>;      // [T, OUT_STRIDE]
@group(0) @binding(5) var<uniform> step: Step;

var<workgroup> s: array<vec4f, COLUMNS * KEY_VECS>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let head = group.y;
  let first = group.x * COLUMNS;
  let held = min(COLUMNS, SLOTS - first) * KEY_VECS;
  let own = (head * SLOTS + first) * KEY_VECS;
  let slot_length = HEADS * SLOTS * KEY_VECS;
  for (var part = local; part < held; part += WORKGROUP) { s[part] = state[step.slot_in * slot_length + own + part]; }
  let chunks = (step.count + CHUNK - 1u) / CHUNK;
  for (var c = 0u; c < chunks; c++) {
    let base = c * HEADS + head;
    workgroupBarrier();
    for (var pair = local; pair < CHUNK * COLUMNS; pair += WORKGROUP) {
      let i = pair / COLUMNS;
      let m = pair % COLUMNS;
      let token = c * CHUNK + i;
      if (token < step.count && first + m < SLOTS) {
        let q = token * MIXED_VECS + Q_VEC + head * KEY_VECS;
        var read = 0.0;
        for (var d = 0u; d < KEY_VECS; d++) { read += dot(mixed[q + d], s[m * KEY_VECS + d]); }
        out[token * OUT_STRIDE + head * SLOTS + first + m] += Q_SCALE * rows[(base * 2u * CHUNK + i) * SLOTS + first + m] * read;
      }
    }
    workgroupBarrier();
    for (var part = local; part < held; part += WORKGROUP) {
      let slot = first + part / KEY_VECS;
      var added = vec4f();
      for (var j = 0u; j < CHUNK; j++) {
        // Rows past the last token are zeros: any finite key will do for them.
        let token = min(c * CHUNK + j, step.count - 1u);
        added += rows[((base * 2u + 1u) * CHUNK + j) * SLOTS + slot] * mixed[token * MIXED_VECS + K_VEC + head * KEY_VECS + part % KEY_VECS];
      }
      s[part] = decayed(s[part], vec2f(decays[base * 2u * SLOTS + slot], decays[(base * 2u + 1u) * SLOTS + slot]), added);
    }
  }
  workgroupBarrier();
  for (var part = local; part < held; part += WORKGROUP) { state[step.slot_out * slot_length + own + part] = s[part]; }
}
