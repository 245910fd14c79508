import { InvalidOptionError } from '../../engine/errors/invalid-option-error.ts';

/** Token ids that came from outside, checked against the vocabulary. Throws `InvalidOptionError` that names `option` and shows the first wrong id. */
export function checkTokens(option: string, tokens: unknown, vocabulary: number): number[] {
  const allowed = `token ids, whole numbers from 0 to ${vocabulary - 1}`;
  if (!isList(tokens)) throw new InvalidOptionError(option, tokens, `a list of ${allowed}`);
  return Array.from(tokens, (id) => {
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id >= vocabulary) throw new InvalidOptionError(option, id, allowed);
    return id;
  });
}

/** Typed arrays count too. */
const isList = (value: unknown): value is Iterable<unknown> => typeof value === 'object' && value !== null && Symbol.iterator in value;
