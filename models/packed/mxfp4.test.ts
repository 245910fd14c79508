import { describe, expect, test } from 'vitest';
import { expectUnpacked, failure, layoutOf, packBits, randomCodes, storedModule, withContents, type Contents } from '../../tests/support/packed-modules.ts';

const NAME = 'model.layers.0.mlp.experts.gate_up_proj';
const FP4 = [0, 0.5, 1, 1.5, 2, 3, 4, 6, -0, -0.5, -1, -1.5, -2, -3, -4, -6];
const [EXPERTS, EACH, INPUTS] = [3, 10, 96];
const codes = randomCodes(EXPERTS * EACH, INPUTS, 16, 1);
const exponents = randomCodes(EXPERTS * EACH, INPUTS / 32, 20, 2).map((row) => row.map((exponent) => 110 + exponent));
const stored = storedModule(NAME, EXPERTS * EACH, INPUTS, {
  _blocks: ['U8', [EXPERTS, EACH, INPUTS / 32, 16], new Uint8Array(packBits(codes, 4).buffer)],
  _scales: ['U8', [EXPERTS, EACH, INPUTS / 32], Uint8Array.from(exponents.flat())],
  _bias: ['BF16', [EXPERTS, EACH], new Uint16Array(EXPERTS * EACH)],
});
const config = { quant_method: 'mxfp4', modules_to_not_convert: ['model.layers.*.self_attn', 'lm_head'] };

test('the rows of all experts are those of one weight', () => {
  const layout = expectUnpacked(config, stored, (row, k) => FP4[codes[row][k]] * 2 ** (exponents[row][Math.floor(k / 32)] - 127));
  expect(layout.format.key).toBe('mxfp4');
  expect([...layout.converters.keys()]).toEqual(['_blocks', '_scales']);
});

describe('refuses', () => {
  test.each<[string, string, Contents | undefined]>([
    ['missing-tensor', '_blocks', undefined],
    ['missing-tensor', '_scales', undefined],
    ['tensor-shape', '_blocks', ['U8', [4, 10, 3, 16], new Uint8Array(1920)]],
    ['tensor-shape', '_blocks', ['U8', [0, 10, 3, 16], new Uint8Array(0)]],
    ['tensor-shape', '_blocks', ['U8', [3, 10, 6, 8], new Uint8Array(1440)]],
    ['tensor-shape', '_scales', ['U8', [10, 3, 3], new Uint8Array(90)]],
    ['unsupported-dtype', '_scales', ['F32', [3, 10, 3], new Float32Array(90)]],
    ['tensor-values', '_scales', ['U8', [3, 10, 3], new Uint8Array(90).fill(255, 89)]],
  ])('%s of %s', (problem, suffix, contents) => {
    expect(failure(config, withContents(stored, { [suffix]: contents }))).toMatchObject({ code: `checkpoint/${problem}`, file: 'model.safetensors', tensor: `${NAME}${suffix}` });
  });

  test('nothing of modules that are not converted', () => {
    expect(layoutOf(config, storedModule('model.layers.7.self_attn.q_proj', 8, 32, { '.bias': ['BF16', [8], new Uint16Array(8)] }))).toBeUndefined();
  });
});
