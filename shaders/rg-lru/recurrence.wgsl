// What one token does to a channel, from the raw gates: h ← e^{log_decay} h + drive with log_decay = −8 softplus(Λ) σ(r), and
// drive = √(1 − e^{2 log_decay}) σ(i) x. The first token of a sequence finds no state, and its drive is not damped.
// Needs common/sigmoid.wgsl and common/expm1.wgsl.
struct Recurrence { log_decay: f32, drive: f32 }

fn recurrence(x: f32, input_gate: f32, recurrence_gate: f32, rate: f32, first: bool) -> Recurrence {
  let log_decay = rate * sigmoid(recurrence_gate);
  return Recurrence(log_decay, x * sigmoid(input_gate) * select(sqrt(-expm1(2.0 * log_decay)), 1.0, first));
}
