// One token, per value head with state S [KEY_DIM, VALUE_DIM], by its gate α = e^g, β (arXiv:2412.06464, arXiv:2405.21060):
//   S ← α S,  δ = β (v − Sᵀk), or β v without DELTA,  S ← S + k δᵀ,  o = Sᵀq + skip · v.
// The columns of S are independent: a team of TEAM invocations owns four of them, reads them once and writes them once.
// o is α Sᵀq + (k·q) δ of the S that was read, so all sums are taken over raw q, k, S at once and scaled afterwards.
// Needs common/step.wgsl, decay.wgsl, a gating and team_sum.
@group(0) @binding(0) var<storage, read> mixed: array<vec4f>;        // [T, MIXED_VECS]: q, k at Q_VEC, K_VEC [KEY_HEADS, KEY_VECS], v at V_VEC [VALUE_HEADS, VALUE_VECS]
@group(0) @binding(1) var<storage, read_write> state: array<vec4f>;  // [STATE_SLOTS, VALUE_HEADS, VALUE_DIM, KEY_VECS]: Sᵀ
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;    // [T, VALUE_HEADS, VALUE_VECS]
@group(0) @binding(3) var<uniform> step: Step;

const PARTS: u32 = (KEY_VECS + TEAM - 1u) / TEAM;

fn team_sum4(value: vec4f, local: u32) -> vec4f {
  return vec4f(team_sum(value.x, local), team_sum(value.y, local), team_sum(value.z, local), team_sum(value.w, local));
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let head = group.y;
  let key_head = head / (VALUE_HEADS / KEY_HEADS);
  let quad = group.x * (WORKGROUP / TEAM) + local / TEAM;
  // Teams past the last column do nothing, but take part in the sums, which have barriers.
  let width = select(0u, KEY_VECS, quad < VALUE_VECS);
  let row = (head * VALUE_DIM + quad * 4u) * KEY_VECS;
  let slot_in = step.slot_in * VALUE_HEADS * VALUE_DIM * KEY_VECS + row;
  let slot_out = step.slot_out * VALUE_HEADS * VALUE_DIM * KEY_VECS + row;

  var q: array<vec4f, PARTS>;
  var k: array<vec4f, PARTS>;
  var columns: array<mat4x4f, PARTS>;  // four columns of S, four rows of them a part
  var squares = vec2f();
  var cross = 0.0;
  var stored_q = vec4f();
  var stored_k = vec4f();
  for (var part = 0u; part < PARTS; part++) {
    let i = part * TEAM + local % TEAM;
    if (i < width) {
      q[part] = mixed[Q_VEC + key_head * KEY_VECS + i];
      k[part] = mixed[K_VEC + key_head * KEY_VECS + i];
      let at = slot_in + i;
      columns[part] = mat4x4f(state[at], state[at + KEY_VECS], state[at + 2u * KEY_VECS], state[at + 3u * KEY_VECS]);
      squares += vec2f(dot(q[part], q[part]), dot(k[part], k[part]));
      cross += dot(q[part], k[part]);
      stored_q += q[part] * columns[part];
      if (DELTA) { stored_k += k[part] * columns[part]; }
    }
  }
  var q_scale = Q_SCALE;
  var k_scale = 1.0;
  if (NORMALISED) {
    q_scale *= inverseSqrt(team_sum(squares.x, local) + L2_EPS);
    k_scale = inverseSqrt(team_sum(squares.y, local) + L2_EPS);
  }
  let similarity = team_sum(cross, local) * q_scale * k_scale;
  stored_q = team_sum4(stored_q, local) * q_scale;
  if (DELTA) { stored_k = team_sum4(stored_k, local) * k_scale; }
  if (width == 0u) { return; }

  let gate = gate_of(0u, head);
  let alpha = decay_factor(gate.log_decay);
  let v = mixed[V_VEC + head * VALUE_VECS + quad];
  var delta = v;
  if (DELTA) { delta -= alpha * stored_k; }
  delta *= gate.strength;
  if (local % TEAM == 0u) { out[head * VALUE_VECS + quad] = alpha * stored_q + similarity * delta + gate.skip * v; }
  let decay = decay_by(gate.log_decay);
  let written = delta * k_scale;
  for (var part = 0u; part < PARTS; part++) {
    let i = part * TEAM + local % TEAM;
    if (i < width) {
      for (var c = 0u; c < 4u; c++) {
        let column = columns[part][c];
        state[slot_out + c * KEY_VECS + i] = decay.keep * column + (decay.change * column + written[c] * k[part]);
      }
    }
  }
}
