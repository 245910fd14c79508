/**
 * Where @huggingface/tokenizers 0.2.0 splits text otherwise than the Hub's own tokenizers (the Rust crate, 0.23), said in terms that
 * it gets right:
 *
 * - `Digits` matches `\d`, which in JavaScript is ASCII only; the crate takes every numeric character (`char::is_numeric`, `\p{N}`).
 * - `ByteLevel` with `use_regex` matches GPT-2's pattern with JavaScript's `\s`, which has U+FEFF and lacks U+0085; a `Split` with
 *   the same pattern is translated properly.
 *
 * Delete this file when `tests/text/hub-vectors.test.ts` passes without it.
 */
export function correctPreTokenizer(preTokenizer: unknown): unknown {
  if (!isObject(preTokenizer)) return preTokenizer;
  switch (preTokenizer.type) {
    case 'Sequence':
      return Array.isArray(preTokenizer.pretokenizers)
        ? { ...preTokenizer, pretokenizers: preTokenizer.pretokenizers.map(correctPreTokenizer) }
        : preTokenizer;
    case 'Digits':
      return split(preTokenizer.individual_digits === true ? '\\p{N}' : '\\p{N}+');
    case 'ByteLevel':
      return preTokenizer.use_regex === false ? preTokenizer : splitThenSpell(preTokenizer);
    default:
      return preTokenizer;
  }
}

/** `PATTERN` of GPT-2's `encoder.py`, which `ByteLevel` implies. */
const GPT2_PATTERN = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

function splitThenSpell(byteLevel: Readonly<Record<string, unknown>>): unknown {
  // A Metaspace whose replacement is the space itself does no more than add the missing first space.
  const prefix = byteLevel.add_prefix_space === true ? [{ type: 'Metaspace', replacement: ' ', prepend_scheme: 'always' }] : [];
  const spell = { ...byteLevel, add_prefix_space: false, use_regex: false };
  return { type: 'Sequence', pretokenizers: [...prefix, split(GPT2_PATTERN), spell] };
}

function split(pattern: string): unknown {
  return { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
