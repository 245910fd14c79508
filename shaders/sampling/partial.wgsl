// What one workgroup found in its block of the vocabulary.
struct Partial {
  best: Best,
  mass: f32,  // Σ exp(y − best.score); only where the step draws from a filtered distribution
}
