import { bytesAt, type StateLayout } from '../../engine/snapshot/buffer-layout.ts';
import { StateError } from '../errors/state-error.ts';

const MAGIC = 'SLUICE\x1aS';
/** Counts up with every change of the format, and with every change of a kernel after which a state means something else. */
const VERSION = 1;
const PREFIX = MAGIC.length + 8;
const CHECKSUM = 32;

/** What a state belongs to. */
export interface StateOwner {
  readonly identity: string;
  readonly precision: string;
}

export interface SavedState {
  readonly tokens: readonly number[];
  /** Tokens that the state has read. */
  readonly position: number;
  readonly transcript: string | undefined;
  /** A slot of each recurrent state (none at position 0), then each buffer of keys or values, [heads, position] rows. */
  readonly parts: readonly Uint8Array<ArrayBuffer>[];
}

/** What a saved state has to fit. */
export interface StateExpectation extends StateOwner {
  readonly layout: StateLayout;
  readonly context: number;
  readonly vocabulary: number;
}

/** The header's JSON, which the tokens and the parts follow. */
interface Header extends StateOwner {
  readonly tokens: number;
  readonly position: number;
  readonly transcript: string | null;
  /** Bytes of each part. */
  readonly parts: readonly number[];
}

/** Bytes of the parts of a state at `position`. */
export function partBytes({ rows, slots }: StateLayout, position: number): number[] {
  return position === 0 ? [] : [...slots.map(({ slotBytes }) => slotBytes), ...rows.map((row) => bytesAt(row, position))];
}

/**
 * A saved state: magic, version and length of the header (u32), the header in JSON padded to whole words, the tokens (u32), the
 * parts, and the SHA-256 of all that; numbers are little-endian. WebGPU is there in secure contexts only, and so is `crypto.subtle`.
 */
export async function encodeState({ identity, precision }: StateOwner, { tokens, position, transcript, parts }: SavedState): Promise<Uint8Array<ArrayBuffer>> {
  const fields: Header = { identity, precision, tokens: tokens.length, position, transcript: transcript ?? null, parts: parts.map(({ length }) => length) };
  const json = new TextEncoder().encode(JSON.stringify(fields));
  const header = Math.ceil(json.length / 4) * 4;
  const bytes = new Uint8Array(PREFIX + header + 4 * tokens.length + parts.reduce((sum, { length }) => sum + length, 0) + CHECKSUM);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode(MAGIC));
  view.setUint32(MAGIC.length, VERSION, true);
  view.setUint32(MAGIC.length + 4, header, true);
  bytes.fill(0x20, PREFIX, PREFIX + header).set(json, PREFIX);
  let offset = PREFIX + header;
  for (const token of tokens) {
    view.setUint32(offset, token, true);
    offset += 4;
  }
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  bytes.set(await checksum(bytes), offset);
  return bytes;
}

/** Checks everything before anything is used. Throws `StateError`. The parts are views of `file`. */
export async function decodeState(file: Uint8Array<ArrayBuffer>, expected: StateExpectation): Promise<SavedState> {
  if (!(file instanceof Uint8Array) || new TextDecoder('latin1').decode(file.subarray(0, MAGIC.length)) !== MAGIC) throw new StateError('not-a-state', 'These bytes are no saved state: they do not begin as one. Pass what `save` gave.');
  // Parts are whole words, which must lie where words do.
  const bytes = file.byteOffset % 4 === 0 ? file : file.slice();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < PREFIX + CHECKSUM) throw damaged('they end before the header');
  const version = view.getUint32(MAGIC.length, true);
  if (version !== VERSION) throw new StateError('version', `The state was saved in version ${version} of the format, and this engine reads version ${VERSION}. Read the conversation again.`);
  const end = bytes.length - CHECKSUM;
  const sum = await checksum(bytes);
  if (bytes.subarray(end).some((byte, i) => byte !== sum[i])) throw damaged('their checksum is wrong');

  const header = view.getUint32(MAGIC.length + 4, true);
  if (header % 4 !== 0 || PREFIX + header > end) throw damaged('the header reaches beyond their end');
  const { identity, precision, tokens: count, position, transcript, parts: sizes } = parseHeader(bytes.subarray(PREFIX, PREFIX + header));
  if (identity !== expected.identity) throw new StateError('model', 'The state was saved by another checkpoint: its config or its weights differ from this one\'s. Load the checkpoint that it is of.');
  if (precision !== expected.precision) throw new StateError('precision', `The state was saved by this checkpoint with weights and keys and values in ${precision}, but here they are in ${expected.precision}. Load the checkpoint with the same quantize, precision and kvCache.`);
  if (position > expected.context || count > expected.context + 1) throw new StateError('context', `The state holds ${count} tokens, and the context has room for ${expected.context}. Load the checkpoint with a larger contextLength.`);
  const wanted = partBytes(expected.layout, position);
  if (position > count || wanted.join() !== sizes.join()) throw damaged('their parts are not those of this model');
  if (PREFIX + header + 4 * count + wanted.reduce((total, size) => total + size, 0) !== end) throw damaged('their length is not what the header says');

  let offset = PREFIX + header;
  const tokens = Array.from({ length: count }, (_, i) => view.getUint32(offset + 4 * i, true));
  if (tokens.some((id) => id >= expected.vocabulary)) throw damaged('they hold a token that the vocabulary does not have');
  offset += 4 * count;
  const parts = wanted.map((size) => bytes.subarray(offset, (offset += size)));
  return { tokens, position, transcript, parts };
}

function parseHeader(bytes: Uint8Array): Omit<Header, 'transcript'> & { readonly transcript: string | undefined } {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw damaged('the header is no JSON');
  }
  if (typeof json !== 'object' || json === null) throw damaged('the header is no object');
  const { identity, precision, tokens, position, transcript, parts }: Partial<Record<keyof Header, unknown>> = json;
  if (typeof identity !== 'string' || typeof precision !== 'string' || !isCount(tokens) || !isCount(position) || !(transcript === null || typeof transcript === 'string') || !Array.isArray(parts) || !parts.every(isCount)) {
    throw damaged('the header lacks what it has to say');
  }
  return { identity, precision, tokens, position, transcript: transcript ?? undefined, parts };
}

const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

const damaged = (how: string): StateError => new StateError('damaged', `The saved state was cut off or changed since it was saved: ${how}. Read the conversation again.`);

/** Of all but the last bytes, where it stands. */
async function checksum(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes.subarray(0, bytes.length - CHECKSUM)));
}
