// One token of an mLSTM, per head with state C [KEY_DIM, VALUE_DIM], n [KEY_DIM] and the stabiliser m, all of them scaled by e^{−m}:
//   m' = max(log f + m, log i),  C ← e^{log f + m − m'} C + e^{log i − m'} k vᵀ,  n likewise with k,  out = Cᵀq / (max(|n·q|, e^{−m'}) + EPS).
// The columns of C are independent: a team of TEAM invocations owns four of them, reads them once and writes them once.
// Needs common/step.wgsl, common/expm1.wgsl, gates.wgsl, divisor.wgsl and team_sum.
@group(0) @binding(2) var<storage, read_write> state: array<vec4f>;  // [STATE_SLOTS, HEADS, HEAD_VECS]: Cᵀ [VALUE_DIM, KEY_VECS], n [KEY_VECS], m
@group(0) @binding(3) var<storage, read_write> out: array<vec4f>;    // [T, HEADS, VALUE_VECS]
@group(0) @binding(4) var<uniform> step: Step;

const HEAD_VECS: u32 = (VALUE_DIM + 1u) * KEY_VECS + 1u;
const PARTS: u32 = (KEY_VECS + TEAM - 1u) / TEAM;

fn team_sum4(value: vec4f, local: u32) -> vec4f {
  return vec4f(team_sum(value.x, local), team_sum(value.y, local), team_sum(value.z, local), team_sum(value.w, local));
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let head = group.y;
  let quad = group.x * (WORKGROUP / TEAM) + local / TEAM;
  // Teams past the last column do nothing, but take part in the sums, which have barriers.
  let width = select(0u, KEY_VECS, quad < VALUE_VECS);
  let slot_in = (step.slot_in * HEADS + head) * HEAD_VECS;
  let slot_out = (step.slot_out * HEADS + head) * HEAD_VECS;
  let row = quad * 4u * KEY_VECS;
  let sums_row = VALUE_DIM * KEY_VECS;

  let gate = gates_of(0u, head);
  let m_before = state[slot_in + HEAD_VECS - 1u].x;
  let m = max(gate.log_forget + m_before, gate.log_input);
  // What is kept, less 1. The difference of the two m is exact where they are close: what m has rounded away of log f, C then still loses.
  let forgotten = expm1(gate.log_forget + (m_before - m));
  let input = exp(gate.log_input - m);

  var k: array<vec4f, PARTS>;
  var n: array<vec4f, PARTS>;
  var columns: array<mat4x4f, PARTS>;  // four columns of C, four rows of them a part
  var similarity = 0.0;
  var stored_n = 0.0;
  var stored = vec4f();
  for (var part = 0u; part < PARTS; part++) {
    let i = part * TEAM + local % TEAM;
    if (i < width) {
      let q = Q_SCALE * mixed[head * KEY_VECS + i];
      k[part] = mixed[(HEADS + head) * KEY_VECS + i];
      n[part] = state[slot_in + sums_row + i];
      let at = slot_in + row + i;
      columns[part] = mat4x4f(state[at], state[at + KEY_VECS], state[at + 2u * KEY_VECS], state[at + 3u * KEY_VECS]);
      similarity += dot(q, k[part]);
      stored_n += dot(q, n[part]);
      stored += q * columns[part];
    }
  }
  similarity = team_sum(similarity, local) * input;
  stored_n = team_sum(stored_n, local);
  stored = team_sum4(stored, local);
  if (width == 0u) { return; }

  let v = mixed[2u * HEADS * KEY_VECS + head * VALUE_VECS + quad];
  let qn = stored_n + forgotten * stored_n + similarity;
  if (local % TEAM == 0u) { out[head * VALUE_VECS + quad] = (stored + forgotten * stored + similarity * v) / divisor(qn, m); }
  let written = input * v;
  for (var part = 0u; part < PARTS; part++) {
    let i = part * TEAM + local % TEAM;
    if (i < width) {
      let at = slot_out + row + i;
      state[at] = columns[part][0] + forgotten * columns[part][0] + written.x * k[part];
      state[at + KEY_VECS] = columns[part][1] + forgotten * columns[part][1] + written.y * k[part];
      state[at + 2u * KEY_VECS] = columns[part][2] + forgotten * columns[part][2] + written.z * k[part];
      state[at + 3u * KEY_VECS] = columns[part][3] + forgotten * columns[part][3] + written.w * k[part];
      if (quad == 0u) { state[slot_out + sums_row + i] = n[part] + forgotten * n[part] + input * k[part]; }
    }
  }
  if (quad == 0u && local == 0u) { state[slot_out + HEAD_VECS - 1u] = vec4f(m, 0.0, 0.0, 0.0); }
}
