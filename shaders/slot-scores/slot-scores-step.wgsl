// One token: S ← S diag(α) + k (1 − α)ᵀ and Sᵀq, for each head a state S [KEY_DIM, SLOTS]. The slots are independent: a team of TEAM
// invocations owns one, reads it once and writes it once. Needs common/step.wgsl, gate.wgsl, decayed.wgsl and team_sum.
@group(0) @binding(0) var<storage, read> mixed: array<vec4f>;        // [T, MIXED_VECS]: from Q_VEC and K_VEC HEADS · KEY_VECS each
@group(0) @binding(2) var<storage, read_write> state: array<vec4f>;  // [STATE_SLOTS, HEADS, SLOTS, KEY_VECS]: Sᵀ
@group(0) @binding(3) var<storage, read_write> out: array<f32>;      // [T, OUT_STRIDE]
@group(0) @binding(4) var<uniform> step: Step;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let head = group.y;
  let slot = group.x * (WORKGROUP / TEAM) + local / TEAM;
  // Teams past the last slot do nothing, but take part in the sums, which have barriers.
  let width = select(0u, KEY_VECS, slot < SLOTS);
  let row = (head * SLOTS + slot) * KEY_VECS;
  let own = step.slot_in * HEADS * SLOTS * KEY_VECS + row;
  let target_row = step.slot_out * HEADS * SLOTS * KEY_VECS + row;
  let keep = gate(0u, head, min(slot, SLOTS - 1u));
  var held = 0.0;
  var similarity = 0.0;
  for (var d = local % TEAM; d < width; d += TEAM) {
    let q = mixed[Q_VEC + head * KEY_VECS + d];
    let k = mixed[K_VEC + head * KEY_VECS + d];
    held += dot(q, state[own + d]);
    similarity += dot(q, k);
    state[target_row + d] = decayed(state[own + d], keep, -keep.y * k);
  }
  held = team_sum(held, local);
  similarity = team_sum(similarity, local);
  if (width > 0u && local % TEAM == 0u) { out[head * SLOTS + slot] = Q_SCALE * (keep.x * held - keep.y * similarity); }
}
