/** Tokens `start` to `end` are read, those from `scored` on count. */
export interface ScoreWindow {
  readonly start: number;
  readonly scored: number;
  readonly end: number;
}

/**
 * Windows of at most `context` tokens, each `stride` (less than `context`) after the one before, that together score every one of `count` tokens but the first exactly
 * once: each is predicted from at least `context − stride` tokens before it, where the text has as many.
 * As in https://huggingface.co/docs/transformers/perplexity.
 */
export function scoreWindows(count: number, context: number, stride: number): ScoreWindow[] {
  const windows: ScoreWindow[] = [];
  for (let scored = 1; scored < count; ) {
    const start = windows.length * stride;
    const end = Math.min(start + context, count);
    windows.push({ start, scored, end });
    scored = end;
  }
  return windows;
}

/** −ln of the probability that a softmax over `logits` gives to `token`, in float64. */
export function negativeLogLikelihood(logits: Float32Array, token: number): number {
  let largest = -Infinity;
  for (const logit of logits) largest = Math.max(largest, logit);
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - largest);
  return Math.log(sum) + largest - logits[token];
}
