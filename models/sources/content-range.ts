export interface ContentRange {
  /** First byte of the body and the byte after its last; both `undefined` where the range could not be satisfied. */
  readonly start: number | undefined;
  readonly end: number | undefined;
  /** Bytes of the whole file, `undefined` where the server writes `*`. */
  readonly size: number | undefined;
}

const PATTERN = /^\s*bytes\s+(?:(\d{1,15})-(\d{1,15})|\*)\/(\d{1,15}|\*)\s*$/i;

/** Reads a `Content-Range` header (RFC 9110 §14.4); `undefined` where it is malformed. */
export function parseContentRange(header: string): ContentRange | undefined {
  const match = PATTERN.exec(header);
  if (!match) return undefined;
  const [, first, last, size] = match;
  const range = {
    start: first === undefined ? undefined : Number(first),
    end: last === undefined ? undefined : Number(last) + 1,
    size: size === '*' ? undefined : Number(size),
  };
  const { start, end } = range;
  if (start !== undefined && end !== undefined && (end <= start || (range.size !== undefined && end > range.size))) return undefined;
  return range;
}
