// The recurrence within each chunk as if it began with no state: per token the logarithm of what it keeps of a state before the chunk, and
// the state that it then reaches. One invocation a channel and chunk. Needs common/step.wgsl, common/expm1.wgsl and forget.wgsl.
@group(0) @binding(2) var<storage, read_write> recurrences: array<vec2f>;  // [T, WIDTH]: Σ log_decay, h
@group(0) @binding(3) var<uniform> step: Step;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let channel = id.x;
  if (channel >= WIDTH) { return; }
  var sum = 0.0;
  var h = 0.0;
  for (var token = id.y * CHUNK; token < min((id.y + 1u) * CHUNK, step.count); token++) {
    let next = recurrence(token, channel);
    sum += next.log_decay;
    h += expm1(next.log_decay) * h + next.drive;
    recurrences[token * WIDTH + channel] = vec2f(sum, h);
  }
}
