// Next to nothing: what a dispatch costs by itself.
@group(0) @binding(0) var<storage, read_write> sink: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) { sink[id.x] = sink[id.x] * 3u + 1u; }
