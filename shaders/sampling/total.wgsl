// The partials of all blocks as one. Needs `partials`, BLOCKS, WORKGROUP.
// Every invocation of the workgroup must call it, and each gets the result.
fn total_of_blocks(local: u32) -> Partial {
  var mine = nothing();
  for (var block = local; block < BLOCKS; block += WORKGROUP) { mine = better(mine, partials[block].best); }
  let best = workgroup_best(mine, local);
  var mass = 0.0;
  for (var block = local; block < BLOCKS; block += WORKGROUP) { mass += partials[block].mass * exp(partials[block].best.score - best.score); }
  return Partial(best, workgroup_sum(mass, local));
}
