/** What chance decides; each takes and gives a number, so that a failing case can be had again from its seed. */
type Next = () => number;

const pick = (next: Next, count: number): number => Math.floor(next() * count);

/** Lengths, counts and offsets that readers have fallen for. */
const HOSTILE = [0n, 1n, 0x7fn, 0xffn, 0xffffn, 0x7fffffffn, 0xffffffffn, 0x100000000n, 2n ** 40n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 62n, 2n ** 63n, 2n ** 64n - 1n];

const MUTATIONS: readonly ((bytes: Uint8Array<ArrayBuffer>, next: Next, end: number) => Uint8Array<ArrayBuffer>)[] = [flip, overwrite, truncate, remove, repeat, hugeInteger];

/** One to four changes to a copy, most of them in the first `end` bytes. */
export function mutateBytes(original: Uint8Array<ArrayBuffer>, next: Next, end = original.length): Uint8Array<ArrayBuffer> {
  let bytes = original.slice();
  for (let changes = 1 + pick(next, 4); changes > 0 && bytes.length > 0; changes--) bytes = MUTATIONS[pick(next, MUTATIONS.length)](bytes, next, Math.min(end, bytes.length));
  return bytes;
}

function flip(bytes: Uint8Array<ArrayBuffer>, next: Next, end: number): Uint8Array<ArrayBuffer> {
  bytes[pick(next, end)] ^= 1 << pick(next, 8);
  return bytes;
}

function overwrite(bytes: Uint8Array<ArrayBuffer>, next: Next, end: number): Uint8Array<ArrayBuffer> {
  const start = pick(next, end);
  for (let i = start; i < Math.min(bytes.length, start + 1 + pick(next, 16)); i++) bytes[i] = pick(next, 256);
  return bytes;
}

function truncate(bytes: Uint8Array<ArrayBuffer>, next: Next): Uint8Array<ArrayBuffer> {
  return bytes.slice(0, pick(next, bytes.length));
}

function remove(bytes: Uint8Array<ArrayBuffer>, next: Next, end: number): Uint8Array<ArrayBuffer> {
  const start = pick(next, end);
  return joined(bytes.subarray(0, start), bytes.subarray(start + 1 + pick(next, 64)));
}

function repeat(bytes: Uint8Array<ArrayBuffer>, next: Next, end: number): Uint8Array<ArrayBuffer> {
  const start = pick(next, end);
  return joined(bytes.subarray(0, start + 1 + pick(next, 64)), bytes.subarray(start));
}

/** Over 4 or 8 bytes, at the places where the formats have their integers as well as between. */
function hugeInteger(bytes: Uint8Array<ArrayBuffer>, next: Next, end: number): Uint8Array<ArrayBuffer> {
  const value = new Uint8Array(new BigUint64Array([HOSTILE[pick(next, HOSTILE.length)]]).buffer).subarray(0, next() < 0.5 ? 4 : 8);
  bytes.set(value.subarray(0, bytes.length), Math.max(0, Math.min(pick(next, end), bytes.length - value.length)));
  return bytes;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}

/** JSON values that keys do not expect. */
const STRANGE: readonly unknown[] = [null, true, '', 'x', -1, 0, 0.5, 1e9, 1e300, 2 ** 53, 2 ** 31, [], {}, [[[]]], [1, 'x', null], { type: 'x' }, 'a'.repeat(5000), '(a+)+$', '\ud800', Array.from({ length: 1000 }, () => 0)];

/** A changed text: bytes as above, or a value somewhere in the tree replaced, removed, repeated under another key. */
export function mutateJson(text: string, next: Next): Uint8Array<ArrayBuffer> {
  const encoded = new TextEncoder().encode(text);
  if (next() < 0.4) return mutateBytes(encoded, next);
  const tree: unknown = JSON.parse(text);
  for (let changes = 1 + pick(next, 3); changes > 0; changes--) change(tree, next);
  return new TextEncoder().encode(JSON.stringify(tree));
}

function change(tree: unknown, next: Next): void {
  let node: unknown = tree;
  while (typeof node === 'object' && node !== null) {
    const holder = node as Record<string, unknown>;
    const keys = Object.keys(holder);
    if (keys.length === 0) return;
    const key = keys[pick(next, keys.length)];
    const value = holder[key];
    const isInner = typeof value === 'object' && value !== null;
    if (isInner && next() < 0.75) {
      node = value;
      continue;
    }
    const chance = next();
    if (chance < 0.2) delete holder[key];
    else if (chance < 0.3) holder[keys[pick(next, keys.length)]] = structuredClone(value);
    else holder[key] = structuredClone(STRANGE[pick(next, STRANGE.length)]);
    return;
  }
}
