// The same memory as in candidates.wgsl, for the kernel in which many workgroups append.
struct Candidates {
  count: atomic<u32>,
  border: u32,
  mass: vec2u,
  entries: array<vec2u>,  // [VOCABULARY] token, bits of y
}
