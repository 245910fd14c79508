// What the gates of a token and head come to; each gating-….wgsl has a `gate_of(token, head)`.
struct Gate {
  log_decay: f32,  // g ≤ 0
  strength: f32,   // of what is written
  skip: f32,       // of v in the output
}
