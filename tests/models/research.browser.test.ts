import { expect, test } from 'vitest';
import { evaluate } from '../../web/tools/evaluate.ts';

/** Models of research code, whose references are that code's own (tests/fixtures/research/generate_*.py). */
const MODELS = [
  'delta_net',
  'delta_net-hybrid',
  'gated_deltanet',
  'gated_deltanet-hybrid',
  'gla',
  'gla-hybrid',
  'gam',
  'liger_gla',
  'liger_gsa',
  'liger_hgrn2',
  'lizard',
  'phi4flash',
  'rat',
  'rwkv7',
  'rwkv7-hybrid',
  'gsa',
  'gsa-hybrid',
  'hgrn-hybrid',
  'hgrn2',
  'hgrn2-hybrid',
  'kda',
  'kda-hybrid',
  'mamba2-fla',
  'mom',
  'mom-hybrid',
  'retnet',
  'retnet-hybrid',
];
/** As in architectures.browser.test.ts. */
const PIECES = [7, 64, 1, 16, 1, 1];

test.each(MODELS)('%s equals its reference, read at once and in pieces', async (name) => {
  const url = new URL(`/tests/fixtures/research/${name}/`, location.href).href;
  const result = await evaluate({ url, name, load: { precision: 'f32' }, pieces: PIECES });
  expect(result.relRms).toBeLessThanOrEqual(1e-4);
  expect(result.relRmsOfPieces).toBeLessThanOrEqual(1e-4);
  if (result.firstMismatchMargin !== null) expect(result.firstMismatchMargin).toBeLessThan(10 * result.maxAbs);
});
