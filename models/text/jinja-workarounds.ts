/**
 * @huggingface/jinja 0.5.11 ignores the argument of `strip`, `lstrip` and `rstrip`: `content.lstrip("\n")`, which Qwen's and SmolLM's
 * templates use on every answer, would also take the spaces that indent its first line. Such calls are rewritten here into calls of
 * `stripFunctions`.
 *
 * Delete this file when the test "a strip takes only the characters that it is given" passes without it.
 *
 * @param node any part of a parsed template; changed in place.
 */
export function correctStrips(node: unknown): void {
  if (Array.isArray(node)) {
    node.forEach(correctStrips);
    return;
  }
  if (!isNode(node)) return;
  // Map literals keep their entries in a Map.
  const children = node instanceof Map ? [...node].flat() : Object.values(node);
  children.forEach(correctStrips);
  const { callee, args } = node;
  if (node.type !== 'CallExpression' || !isNode(callee) || callee.type !== 'MemberExpression' || callee.computed === true) return;
  const method = isNode(callee.property) ? callee.property.value : undefined;
  if (!Array.isArray(args) || args.length === 0 || typeof method !== 'string' || !Object.hasOwn(stripFunctions, functionName(method))) return;
  node.callee = { type: 'Identifier', value: functionName(method) };
  node.args = [callee.object, ...args];
}

/** No template can define or shadow a name with a space in it. */
function functionName(method: string): string {
  return `str ${method}`;
}

/** Python's `str.strip` and its siblings with an argument: a set of characters, in no order. Variables of every template. */
export const stripFunctions: Readonly<Record<string, (text: unknown, characters: unknown) => string>> = {
  [functionName('strip')]: (text, characters) => strip(text, characters, true, true),
  [functionName('lstrip')]: (text, characters) => strip(text, characters, true, false),
  [functionName('rstrip')]: (text, characters) => strip(text, characters, false, true),
};

function strip(text: unknown, characters: unknown, left: boolean, right: boolean): string {
  if (typeof text !== 'string') throw new Error('strip() was called on something that is not a string');
  if (characters !== null && typeof characters !== 'string') throw new Error('strip() takes a string');
  const points = [...text];
  const isStripped = (point: string | undefined): boolean => point !== undefined && (characters === null ? /\s/u.test(point) : characters.includes(point));
  let start = 0;
  let end = points.length;
  while (left && start < end && isStripped(points[start])) start += 1;
  while (right && end > start && isStripped(points[end - 1])) end -= 1;
  return points.slice(start, end).join('');
}

function isNode(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
