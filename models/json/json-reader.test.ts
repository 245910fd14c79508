import { describe, expect, test } from 'vitest';
import { uniform } from '../../shaders/random.ts';
import { JsonSyntaxError, readJsonText } from './json-reader.ts';
import { parseJson } from './parse-json.ts';

const SAMPLE = '{"a": [1, -2.5e3, true, null, {"b\\n\\u00e9": "x\\"y"}], "empty": {}, "list": [], "__proto__": 0}';

describe('readJsonText', () => {
  test('reads what JSON.parse reads', () => {
    expect(readJsonText(SAMPLE)).toEqual(JSON.parse(SAMPLE));
  });

  test('accepts and refuses exactly what JSON.parse does, over mutations', () => {
    const next = uniform(7);
    const alphabet = '{}[]",:\\0123456789.eE+-truefalsn \u0001';
    let refused = 0;
    for (let i = 0; i < 3000; i++) {
      const at = Math.floor(next() * SAMPLE.length);
      const text = SAMPLE.slice(0, at) + alphabet[Math.floor(next() * alphabet.length)] + SAMPLE.slice(at + Math.floor(next() * 3));
      let expected: unknown;
      try {
        expected = JSON.parse(text);
      } catch {
        expect(() => readJsonText(text), text).toThrow(JsonSyntaxError);
        refused++;
        continue;
      }
      expect(readJsonText(text), text).toEqual(expected);
    }
    expect(refused).toBeGreaterThan(300);
  });

  test('refuses a key that occurs twice, at any depth', () => {
    expect(() => readJsonText('{"a": {"b": 1, "\\u0062": 2}}')).toThrow(/"b" occurs twice/);
    expect(readJsonText('[{"a": 1}, {"a": 2}]')).toEqual([{ a: 1 }, { a: 2 }]);
  });

  test('reads non-finite numbers only when asked', () => {
    expect(readJsonText('[NaN, Infinity, -Infinity]', { pythonNumbers: true })).toEqual([NaN, Infinity, -Infinity]);
    expect(() => readJsonText('[NaN]')).toThrow(JsonSyntaxError);
  });

  test('does not overflow the stack', () => {
    expect(() => readJsonText('['.repeat(100_000))).toThrow(/levels deep/);
    expect(readJsonText(`"${'a'.repeat(5_000_000)}"`)).toHaveLength(5_000_000);
    expect(readJsonText(`"${'\\n'.repeat(300_000)}"`)).toHaveLength(300_000);
  });
});

test('parseJson names file, line and column', () => {
  expect(() => parseJson('{\n  "a": 1,\n  "b" 2\n}', 'config.json')).toThrow(/^config\.json: is not valid JSON at line 3, column 7 \(character 18\): expected ":"/);
  expect(() => parseJson('{"a": [1, 2', 'config.json')).toThrow(/line 1, column 12 \(character 11\): the text ends too early/);
  expect(parseJson('{"time_step_limit": [0.0, Infinity]}', 'config.json')).toEqual({ time_step_limit: [0, Infinity] });
});
