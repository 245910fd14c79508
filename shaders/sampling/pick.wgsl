// Reduces the blocks' best tokens to the one that is emitted. One workgroup.
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<storage, read> partials: array<Partial>;      // [BLOCKS]
@group(0) @binding(2) var<storage, read_write> counts: array<u32>;      // [VOCABULARY]
@group(0) @binding(3) var<storage, read_write> tokens: array<u32>;      // [≥ 1]
@group(0) @binding(4) var<storage, read_write> sampled: array<u32>;     // [RING]

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(local_invocation_index) local: u32) {
  var mine = nothing();
  for (var block = local; block < BLOCKS; block += WORKGROUP) { mine = better(mine, partials[block].best); }
  let best = workgroup_best(mine, local);
  if (local == 0u) { emit(best.token); }
}
