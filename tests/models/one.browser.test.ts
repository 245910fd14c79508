import { expect, test } from 'vitest';
import { loadModel } from '../../index.ts';
test('one', async () => {
  const t0 = performance.now();
  const lap = (s: string) => console.log(s, Math.round(performance.now() - t0));
  const url = new URL(`/tests/fixtures/arch/llama/`, location.href).href;
  const model = await loadModel({ url }, { precision: 'f32', onProgress: (p) => lap(p.phase) });
  lap('loaded');
  let n = 0;
  for await (const e of model.generate({ tokens: [5, 6, 7] }, { temperature: 0, maxTokens: 8, stopTokens: [] })) { lap(e.type); n++; }
  const l = await model.logits([5, 6, 7]);
  lap('logits ' + l.length);
  model.dispose();
  expect(n).toBeGreaterThan(2);
});
