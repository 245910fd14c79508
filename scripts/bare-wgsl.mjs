/**
 * WGSL without what is for readers: comments, indentation, and spaces beside brackets, commas and operators that touch no other. Lines stay, so
 * that a compiler's messages name the right ones, though a page would be smaller by 0.3 % without; so do names, of which the messages speak.
 * @param {string} source
 */
export function bareWgsl(source) {
  return source
    .replaceAll(/^[ \t]+|[ \t]*\/\/.*$/gm, '')
    .replaceAll(/ ?([,;:(){}[\]]) ?/g, '$1')
    .replaceAll(/(?<=[\w)\]]) ([-+*/%&|^<>=!]+) (?=[\w(])/g, '$1');
}
