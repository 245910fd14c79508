// Per head: out[t, h] = gated(normalised(x[t, h])), or normalised(gated(x[t, h])), where the gate is act(z[t, h]). A team of TEAM
// invocations a head. Needs common/sigmoid.wgsl, team_sum, and the snippets of activation, order, centre and norm.
@group(0) @binding(0) var<storage, read> x: array<f32>;          // [T, STRIDE], HEADS · HEAD_DIM of them used
@group(0) @binding(1) var<storage, read> z: array<f32>;          // [T, GATE_STRIDE], columns GATE_OFFSET + [0, HEADS · HEAD_DIM)
@group(0) @binding(2) var<storage, read_write> out: array<f32>;  // [T, STRIDE]

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let head = group.x * (WORKGROUP / TEAM) + local / TEAM;
  let row = group.y * STRIDE + head * HEAD_DIM;
  let gate = group.y * GATE_STRIDE + GATE_OFFSET + head * HEAD_DIM;
  // Teams past the last head do nothing, but take part in the sum, which has barriers.
  let width = select(0u, HEAD_DIM, head < HEADS);
  let mean = mean_of(row, gate, width, local);
  var squares = 0.0;
  for (var i = local % TEAM; i < width; i += TEAM) {
    let value = before_norm(x[row + i], z[gate + i]) - mean;
    squares += value * value;
  }
  let inverse = inverse_rms(squares, local);
  for (var i = local % TEAM; i < width; i += TEAM) {
    let normalised = (before_norm(x[row + i], z[gate + i]) - mean) * inverse * weight_of(head, i);
    out[row + i] = after_norm(normalised, z[gate + i]);
  }
}
