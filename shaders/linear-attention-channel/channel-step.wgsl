// One token per value head with state S [KEY_DIM, VALUE_DIM]: S ← diag(α) S + b (pᵀS) + k̃ wᵀ, o = Sᵀq, where
//   w = v;  or, tied (p = α ⊙ k):  b = 0,  w = β (v − Sᵀp).
// The columns of S are independent: a team of TEAM invocations owns four of them, reads them once and writes them once.
// o is (α ⊙ q)ᵀS + (q·b) pᵀS + (q·k̃) w of the S that was read, so all sums are taken over unscaled rows and S at once and scaled afterwards.
// Needs common/step.wgsl, operands.wgsl with a gating, and team_sum.
@group(0) @binding(0) var<storage, read> mixed: array<vec4f>;        // [T, MIXED_VECS]: from Q_VEC and K_VEC KEY_HEADS · KEY_VECS, from V_VEC VALUE_HEADS · VALUE_VECS
@group(0) @binding(1) var<storage, read_write> state: array<vec4f>;  // [STATE_SLOTS, VALUE_HEADS, VALUE_DIM, KEY_VECS]: Sᵀ
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;    // [T, VALUE_HEADS, VALUE_VECS]
@group(0) @binding(3) var<uniform> step: Step;

const PARTS: u32 = (KEY_VECS + TEAM - 1u) / TEAM;
const DELTA: bool = TIED || GENERAL;

fn team_sum4(value: vec4f, local: u32) -> vec4f {
  return vec4f(team_sum(value.x, local), team_sum(value.y, local), team_sum(value.z, local), team_sum(value.w, local));
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let head = group.y;
  let quad = group.x * (WORKGROUP / TEAM) + local / TEAM;
  // Teams past the last column do nothing, but take part in the sums, which have barriers.
  let width = select(0u, KEY_VECS, quad < VALUE_VECS);
  let row = (head * VALUE_DIM + quad * 4u) * KEY_VECS;
  let slot_in = step.slot_in * VALUE_HEADS * VALUE_DIM * KEY_VECS + row;
  let slot_out = step.slot_out * VALUE_HEADS * VALUE_DIM * KEY_VECS + row;

  var rows: array<Operands, PARTS>;
  var columns: array<mat4x4f, PARTS>;  // four columns of S, four rows of them a part
  var squares = vec2f();
  var on_q = vec2f();                  // q·k̃, q·b
  var stored_q = vec4f();
  var stored_p = vec4f();
  for (var part = 0u; part < PARTS; part++) {
    let i = part * TEAM + local % TEAM;
    if (i < width) {
      let o = operands(0u, head, i);
      let at = slot_in + i;
      let own = mat4x4f(state[at], state[at + KEY_VECS], state[at + 2u * KEY_VECS], state[at + 3u * KEY_VECS]);
      stored_q += (o.q * o.decay.alpha) * own;
      if (TIED) { stored_p += (o.k * o.decay.alpha) * own; }
      if (GENERAL) { stored_p += o.p * own; }
      if (SQUARES) { squares += squares_of(o); }
      on_q += vec2f(dot(o.q, o.k), dot(o.q, o.b));
      rows[part] = o;
      columns[part] = own;
    }
  }
  if (SQUARES) { squares = vec2f(team_sum(squares.x, local), team_sum(squares.y, local)); }
  let scales = row_scales(squares);
  stored_q = team_sum4(stored_q, local) * scales.x;
  var output = stored_q;
  var erased = vec4f();
  if (DELTA) { stored_p = team_sum4(stored_p, local); }
  let similarity = team_sum(on_q.x, local) * scales.x * scales.y;
  if (GENERAL) {
    erased = stored_p * scales.z;
    output += team_sum(on_q.y, local) * scales.x * scales.w * erased;
  }
  if (width == 0u) { return; }

  var written = mixed[V_VEC + head * VALUE_VECS + quad];
  if (TIED) { written = beta(0u, head) * (written - stored_p * scales.y); }
  if (local % TEAM == 0u) { out[head * VALUE_VECS + quad] = output + similarity * written; }
  written *= scales.y;
  erased *= scales.w;
  for (var part = 0u; part < PARTS; part++) {
    let i = part * TEAM + local % TEAM;
    if (i < width) {
      let o = rows[part];
      var own = columns[part];
      for (var c = 0u; c < 4u; c++) {
        var added = written[c] * o.k;
        if (GENERAL) { added += erased[c] * o.b; }
        state[slot_out + c * KEY_VECS + i] = decayed(own[c], o.decay, added);
      }
    }
  }
}
