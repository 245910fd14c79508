// What one token does to a channel (HGRN, arXiv:2311.04823): h ← α h + (1 − α) silu(i) with α = l + (1 − l) sigmoid(f).
// 1 − α is (1 − l) sigmoid(−f), which keeps its digits near 0, and where α is near 1 its logarithm is taken of that.
// Needs common/sigmoid.wgsl and common/softplus.wgsl.
@group(0) @binding(0) var<storage, read> x: array<f32>;             // [T, X_STRIDE]: f, i [WIDTH] at FORGET_COLUMN, INPUT_COLUMN
@group(0) @binding(1) var<storage, read> lower_bounds: array<f32>;  // [layers, WIDTH]: l, this layer's at LAYER

struct Recurrence { log_decay: f32, drive: f32 }

fn recurrence(token: u32, channel: u32) -> Recurrence {
  let f = x[token * X_STRIDE + FORGET_COLUMN + channel];
  let i = x[token * X_STRIDE + INPUT_COLUMN + channel];
  let bound = lower_bounds[LAYER * WIDTH + channel];
  let forgotten = (1.0 - bound) * sigmoid(-f);
  let kept = bound + (1.0 - bound) * sigmoid(f);
  return Recurrence(select(log(max(kept, 1e-37)), log1p_unit(-forgotten), forgotten <= 0.5), forgotten * i * sigmoid(i));
}
