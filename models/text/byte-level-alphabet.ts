/**
 * The alphabet in which byte-level BPE spells bytes (Radford et al. 2019, `bytes_to_unicode` of GPT-2's `encoder.py`): a printable
 * Latin-1 character stands for its own code, and the 68 other bytes, in order, for U+0100 and up.
 */
const byteOfCharacter: ReadonlyMap<string, number> = buildAlphabet();

function buildAlphabet(): Map<string, number> {
  const alphabet = new Map<string, number>();
  let next = 0x100;
  for (let byte = 0; byte < 256; byte += 1) {
    const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    alphabet.set(String.fromCodePoint(printable ? byte : next), byte);
    if (!printable) next += 1;
  }
  return alphabet;
}

/** The bytes that a token of byte-level BPE spells, or undefined where it has characters outside the alphabet. */
export function byteLevelBytes(token: string): Uint8Array | undefined {
  const bytes: number[] = [];
  for (const character of token) {
    const byte = byteOfCharacter.get(character);
    if (byte === undefined) return undefined;
    bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}
