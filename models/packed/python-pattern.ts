/** Where Python's regular expressions are spelt unlike JavaScript's; an escaped character and a class are matched first, to be kept as they are. */
const SPELLINGS = /\\[AZ]|\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?P<|\(\?P=(\w+)\)|\{,(\d+)\}/gs;

function respell(found: string, name: string | undefined, most: string | undefined): string {
  if (found === '\\A') return '^';
  if (found === '\\Z') return '$';
  if (found === '(?P<') return '(?<';
  if (name !== undefined) return `\\k<${name}>`;
  if (most !== undefined) return `{0,${most}}`;
  // In Python a bracket right after the opening one is a member of the class; in JavaScript it would end it.
  return found.replace(/^(\[\^?)\]/, '$1\\]');
}

/**
 * A test whether a name begins with what a regular expression of Python's `re` describes (`re.match`), which is how quantisers' configs name
 * modules. `undefined` for one that is not understood.
 */
export function pythonPattern(source: string): ((name: string) => boolean) | undefined {
  const flags = /^\(\?([ims]+)\)/.exec(source);
  try {
    const pattern = new RegExp(source.slice(flags?.[0].length ?? 0).replace(SPELLINGS, respell), `y${[...new Set(flags?.[1])].join('')}`);
    return (name) => {
      pattern.lastIndex = 0;
      return pattern.test(name);
    };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
