// Reads all of a buffer as fast as a plain kernel can.
@group(0) @binding(0) var<storage, read> source: array<vec4u>;        // as large as it is
@group(0) @binding(1) var<storage, read_write> sink: array<u32>;      // 2^18 words

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  var mixed = vec4u();
  for (var i = id.x; i < arrayLength(&source); i += groups.x * 256u) { mixed ^= source[i]; }
  sink[id.x & 0x3ffffu] = mixed.x ^ mixed.y ^ mixed.z ^ mixed.w;
}
