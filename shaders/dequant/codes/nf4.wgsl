// NormalFloat: quantiles of the normal distribution (Dettmers et al. 2023, arXiv:2305.14314, appendix E). A tree of selections: with an indexed
// array, which lies in memory, a token took 1.8 times as long on an H200.
fn low_nibbles(word: u32, zero: f32) -> vec4f {
  let nibbles = vec4u(word, word >> 4u, word >> 8u, word >> 12u);
  let one = (nibbles & vec4u(1u)) != vec4u();
  let two = (nibbles & vec4u(2u)) != vec4u();
  let four = (nibbles & vec4u(4u)) != vec4u();
  let first = select(
    select(select(vec4f(-1.0), vec4f(-0.6961928009986877), one), select(vec4f(-0.5250730514526367), vec4f(-0.39491748809814453), one), two),
    select(select(vec4f(-0.28444138169288635), vec4f(-0.18477343022823334), one), select(vec4f(-0.09105003625154495), vec4f(), one), two),
    four);
  let last = select(
    select(select(vec4f(0.07958029955625534), vec4f(0.16093020141124725), one), select(vec4f(0.24611230194568634), vec4f(0.33791524171829224), one), two),
    select(select(vec4f(0.44070982933044434), vec4f(0.5626170039176941), one), select(vec4f(0.7229568362236023), vec4f(1.0), one), two),
    four);
  return select(first, last, (nibbles & vec4u(8u)) != vec4u());
}
