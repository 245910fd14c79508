// From a raw logit to the one that is compared. Needs PENALTIES, RANDOM, VOCABULARY, `settings` and `counts`.
const LIMIT = 1e30;  // finite logits are clamped to ±LIMIT, so that nothing below can overflow

// NaN or +inf. Tested on the bits, because a WGSL compiler may assume that neither occurs.
fn is_broken(bits: u32) -> bool { return (bits & 0x7fffffffu) >= 0x7f800000u && bits != MASKED; }

// Repetition penalty (Keskar et al. 2019, as in Hugging Face's RepetitionPenaltyLogitsProcessor), then presence and
// frequency penalties (OpenAI: generated tokens only), then temperature.
fn adjusted(bits: u32, token: u32) -> f32 {
  var logit = clamp(bitcast<f32>(bits), -LIMIT, LIMIT);
  if (PENALTIES) {
    let seen = counts[token];  // bit 31: in the prompt; the rest: times generated
    if (seen != 0u) { logit = select(logit / settings.repetition_penalty, logit * settings.repetition_penalty, logit < 0.0); }
    let generated = seen & 0x7fffffffu;
    if (generated > 0u) { logit -= settings.presence_penalty + settings.frequency_penalty * f32(generated); }
  }
  if (RANDOM) { logit /= settings.temperature; }
  return logit;
}
