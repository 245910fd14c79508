// Hands the token on: to the next step's embedding, to the ring that the host reads late, to the penalties.
// Needs `tokens`, `sampled`, `counts`, `step`, RING, PENALTIES, VOCABULARY. For one invocation.
fn emit(token: u32) {
  tokens[0] = token;
  sampled[(step.position + step.count) % RING] = token;
  if (PENALTIES && token < VOCABULARY) { counts[token] += 1u; }
}
