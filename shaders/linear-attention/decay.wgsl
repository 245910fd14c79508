// e^x for x ≤ 0 as keep + change. A slow decay is mostly kept: e^x rounded to f32 has lost the digits of x, and over thousands of
// tokens that adds up. Needs common/expm1.wgsl.
struct Decay { keep: f32, change: f32 }

fn decay_by(x: f32) -> Decay {
  let slow = x > -0.5;
  return Decay(select(0.0, 1.0, slow), select(exp(x), expm1(x), slow));
}

fn decay_factor(x: f32) -> f32 {
  let decay = decay_by(x);
  return decay.keep + decay.change;
}

// A log-decay that may be −∞, or beyond what exp takes: nothing is left below this.
const LEAST_LOG_DECAY: f32 = -128.0;
