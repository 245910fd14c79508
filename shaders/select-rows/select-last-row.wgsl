// out[0] = x[count − 1].
@group(0) @binding(0) var<storage, read> x: array<vec4f>;          // [T, QUADS]
@group(0) @binding(1) var<storage, read_write> out: array<vec4f>;  // [1, QUADS]
@group(0) @binding(2) var<uniform> step: Step;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < QUADS) { out[id.x] = x[(step.count - 1u) * QUADS + id.x]; }
}
