// How a conversation samples (32 bytes; packSampler in engine/sampling writes it). Written when a generation begins.
struct Settings {
  temperature: f32,         // > 0; not read by greedy variants
  top_k: u32,               // ≥ 1; not read without TOP_K
  top_p: f32,               // (0, 1); not read without TOP_P
  min_logit: f32,           // ln(min-p) ≤ 0; not read without MIN_P
  repetition_penalty: f32,  // > 0
  presence_penalty: f32,
  frequency_penalty: f32,
  seed: u32,
}
