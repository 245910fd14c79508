// Tokens that may survive the filters, in no particular order. `gather.wgsl` has the same with an atomic count.
struct Candidates {
  count: u32,
  border: u32,            // rank of the last survivor (see `rank_of`): written for inspection, read by tests
  mass: vec2u,            // mass of the whole vocabulary, where top-p runs without top-k
  entries: array<vec2u>,  // [VOCABULARY] token, bits of y
}
