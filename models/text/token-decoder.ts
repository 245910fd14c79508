import { ConfigReader } from '../config/config-reader.ts';
import { TokenizerError } from '../errors/tokenizer-error.ts';
import { byteLevelBytes } from './byte-level-alphabet.ts';

/**
 * The `decoder` of a `tokenizer.json`, resolved into what each token adds to a text. All the decoders of language models come down
 * to that, apart from what they strip at the very start of a text, so that a text can be decoded token by token and exactly.
 */
export interface TokenDecoder {
  /** The bytes of UTF-8 that a token of the vocabulary adds; one token may hold only a part of a character. */
  bytes(token: string): Uint8Array;
  /** The character stripped from the start of a decoded text, and how often at most; sentencepiece's dummy space, mostly. */
  readonly strip: { readonly character: string; readonly count: number };
}

type Rewrite = (token: string) => string;

interface Steps {
  readonly rewrites: Rewrite[];
  byteLevel: boolean;
  byteFallback: boolean;
  /** After `Fuse` the tokens are one text, so that stripping applies to the whole. */
  fused: boolean;
  strip: { character: string; count: number };
}

const FILE = 'tokenizer.json';
const utf8 = new TextEncoder();

/**
 * @param decoder the `decoder` object of `tokenizer.json`.
 * @throws TokenizerError for a decoder whose output cannot be told token by token.
 */
export function createTokenDecoder(decoder: unknown): TokenDecoder {
  const steps: Steps = { rewrites: [], byteLevel: false, byteFallback: false, fused: false, strip: { character: ' ', count: 0 } };
  addStep(steps, new ConfigReader(decoder, FILE, 'decoder'));
  const { rewrites, byteLevel, byteFallback, strip } = steps;
  return {
    strip,
    bytes(token) {
      const byte = byteFallback ? fallbackByte(token) : undefined;
      if (byte !== undefined) return Uint8Array.of(byte);
      if (byteLevel) return byteLevelBytes(token) ?? utf8.encode(token);
      return utf8.encode(rewrites.reduce((text, rewrite) => rewrite(text), token));
    },
  };
}

function addStep(steps: Steps, step: ConfigReader): void {
  const type = step.string('type');
  switch (type) {
    case 'Sequence':
      step.array('decoders').forEach((inner, index) => addStep(steps, new ConfigReader(inner, FILE, `${step.path}.decoders.${index}`)));
      return;
    case 'ByteLevel':
      if (steps.rewrites.length > 0) throw unsupported(step, 'type', '"ByteLevel" after a decoder that rewrites tokens');
      steps.byteLevel = true;
      return;
    case 'ByteFallback':
      steps.byteFallback = true;
      return;
    case 'Fuse':
      steps.fused = true;
      return;
    case 'Metaspace':
      addMetaspace(steps, step);
      return;
    case 'Replace':
      addReplace(steps, step);
      return;
    case 'Strip':
      addStrip(steps, step);
      return;
    default:
      throw unsupported(step, 'type', JSON.stringify(type));
  }
}

function addMetaspace(steps: Steps, step: ConfigReader): void {
  const replacement = step.string('replacement', { default: '▁' });
  steps.rewrites.push((token) => token.replaceAll(replacement, ' '));
  if (step.string('prepend_scheme', { default: 'always' }) !== 'never') steps.strip = { character: ' ', count: 1 };
}

function addReplace(steps: Steps, step: ConfigReader): void {
  const pattern = step.object('pattern').optionalString('String');
  const content = step.string('content');
  if (pattern === undefined) throw unsupported(step, 'pattern', 'a regular expression');
  if (steps.fused && pattern.length > 1) throw unsupported(step, 'pattern', 'a pattern that may straddle tokens');
  steps.rewrites.push((token) => token.replaceAll(pattern, content));
}

function addStrip(steps: Steps, step: ConfigReader): void {
  const character = step.string('content');
  const start = step.integer('start');
  if (step.integer('stop') !== 0) throw unsupported(step, 'stop', 'stripping the end of a text that is still being written');
  if (steps.fused) {
    steps.strip = { character, count: start };
    return;
  }
  steps.rewrites.push((token) => {
    let cut = 0;
    while (cut < start && token[cut] === character) cut += 1;
    return token.slice(cut);
  });
}

/** The byte of a token such as `<0xE2>`, by which sentencepiece spells characters that it has no token for. */
function fallbackByte(token: string): number | undefined {
  const digits = /^<0x([0-9A-Fa-f]{2})>$/.exec(token)?.[1];
  return digits === undefined ? undefined : Number.parseInt(digits, 16);
}

function unsupported(step: ConfigReader, key: string, what: string): TokenizerError {
  return new TokenizerError(FILE, `${step.path}.${key}`, `asks for ${what}, which Sluice cannot decode token by token.`);
}
