// Remembers which tokens occur in the prompt, for the repetition penalty.
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<storage, read> tokens: array<u32>;                 // [T]
@group(0) @binding(2) var<storage, read_write> counts: array<atomic<u32>>;   // [VOCABULARY]

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= step.count) { return; }
  let token = tokens[id.x];
  if (token < VOCABULARY) { atomicOr(&counts[token], 0x80000000u); }
}
