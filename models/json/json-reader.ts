/** Text is no JSON, or JSON that the reader does not take. */
export class JsonSyntaxError extends Error {
  /** Index into the text, in UTF-16 units. */
  readonly position: number;

  constructor(message: string, position: number) {
    super(message);
    this.position = position;
  }
}

const WHITESPACE = /[ \t\n\r]*/y;
// Plain characters are all from the space on but the quote and the backslash.
const STRING = /"[ !#-[\]-\uffff]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[ !#-[\]-\uffff]*)*"/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /-?[A-Za-z]+/y;
const WORDS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['true', true],
  ['false', false],
  ['null', null],
]);
// What Python's json module writes although RFC 8259 has no such values; Mamba-2 configs have a limit of Infinity.
const PYTHON_WORDS: ReadonlyMap<string, unknown> = new Map<string, unknown>([...WORDS, ['NaN', NaN], ['Infinity', Infinity], ['-Infinity', -Infinity]]);
const DEEPEST = 500;

export interface JsonReaderOptions {
  /** Takes `NaN`, `Infinity` and `-Infinity`. */
  readonly pythonNumbers?: boolean;
}

/**
 * JSON read by our own hand, for what `JSON.parse` does not tell: where the mistake is, and that a key occurs twice,
 * which is refused. Slower than `JSON.parse` by an order of magnitude.
 *
 * @throws JsonSyntaxError
 */
export function readJsonText(text: string, { pythonNumbers = false }: JsonReaderOptions = {}): unknown {
  const words = pythonNumbers ? PYTHON_WORDS : WORDS;
  let position = 0;

  const fail = (message: string, at = position): never => {
    throw new JsonSyntaxError(at >= text.length ? 'the text ends too early' : message, at);
  };
  const take = (pattern: RegExp): string => {
    pattern.lastIndex = position;
    const [match] = pattern.exec(text) ?? [''];
    position += match.length;
    return match;
  };
  const takeCharacter = (character: string): boolean => {
    take(WHITESPACE);
    if (text[position] !== character) return false;
    position++;
    return true;
  };
  const string = (): string => {
    const literal = take(STRING);
    if (literal === '') fail('expected a string in double quotes');
    return JSON.parse(literal);
  };
  const object = (depth: number): object => {
    const members = new Map<string, unknown>();
    if (takeCharacter('}')) return {};
    do {
      take(WHITESPACE);
      const start = position;
      const key = string();
      if (members.has(key)) fail(`the key ${JSON.stringify(key)} occurs twice`, start);
      if (!takeCharacter(':')) fail('expected ":"');
      members.set(key, value(depth));
    } while (takeCharacter(','));
    if (!takeCharacter('}')) fail('expected "," or "}"');
    return Object.fromEntries(members);
  };
  const array = (depth: number): unknown[] => {
    const elements: unknown[] = [];
    if (takeCharacter(']')) return elements;
    do elements.push(value(depth));
    while (takeCharacter(','));
    if (!takeCharacter(']')) fail('expected "," or "]"');
    return elements;
  };
  const value = (depth: number): unknown => {
    if (depth > DEEPEST) fail(`nested more than ${DEEPEST} levels deep`);
    if (takeCharacter('{')) return object(depth + 1);
    if (takeCharacter('[')) return array(depth + 1);
    if (text[position] === '"') return string();
    const start = position;
    const number = take(NUMBER);
    if (number !== '') return Number(number);
    const word = take(WORD);
    if (!words.has(word)) fail('expected a value', start);
    return words.get(word);
  };

  const result = value(0);
  take(WHITESPACE);
  if (position < text.length) fail('expected the end of the text');
  return result;
}
