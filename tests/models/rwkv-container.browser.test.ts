import { expect, test } from 'vitest';
import { loadParts } from '../../models/load/load-model.ts';
import { scorePieces } from '../../web/tools/score-pieces.ts';
import { relativeRms } from './load-checks.ts';

/** The fixtures that lie beside the repository; none where there is no such folder. */
const SHARED = import.meta.glob<string>('../../../shared/fixtures/rwkv/*.bin', { query: '?url', import: 'default', eager: true });
const [model, expected] = ['tiny-rwkv-7v0-834K-FP32', 'expected-logits-7v0-834K'].map((name) => SHARED[`../../../shared/fixtures/rwkv/${name}.bin`]);
const missing = model === undefined || expected === undefined;

/** What rwkv.cpp's own test asks of this file (tests/logit_difference_validator.inc): the bytes of `"in`. */
const PROMPT = [...new TextEncoder().encode('"in')];

if (missing && import.meta.env.REQUIRE_SHARED === '1') throw new Error('REQUIRE_SHARED=1, but the shared fixtures are missing');

test.skipIf(missing)(`a trained RWKV-7 in rwkv.cpp's container has the logits that rwkv.cpp gives it${missing ? ' (NOT RUN: ../shared is missing)' : ''}`, async () => {
  const reference = new Float32Array(await (await fetch(expected)).arrayBuffer());
  const { runner, modelType } = await loadParts({ url: new URL(model, location.href).href }, { precision: 'f32', compile: ['score'] });
  try {
    expect(modelType).toBe('rwkv7');
    for (const pieces of [[3], [1, 1, 1]]) {
      const logits = await scorePieces(runner, PROMPT, pieces);
      expect(relativeRms(logits.slice(-reference.length), reference)).toBeLessThan(1e-5);
    }
  } finally {
    runner.destroy();
  }
});
