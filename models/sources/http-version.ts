/** What tells one version of a file from the next, as far as the server says. */
export interface Version {
  readonly etag: string | null;
  readonly lastModified: string | null;
}

export function versionOf({ headers }: Response): Version {
  // A weak tag (W/"…") still names a version; proxies weaken tags on the way.
  return { etag: headers.get('ETag')?.replace(/^W\//, '') ?? null, lastModified: headers.get('Last-Modified') };
}

/** False only where both answers carry the same kind of mark and it differs. The entity tag decides where both have one. */
export function sameVersion(a: Version, b: Version): boolean {
  if (a.etag !== null && b.etag !== null) return a.etag === b.etag;
  return a.lastModified === null || b.lastModified === null || a.lastModified === b.lastModified;
}

/** Whether the body was compressed for transport, so that `Content-Length` is not the length that `fetch` yields. */
export function isEncoded({ headers }: Response): boolean {
  const encoding = headers.get('Content-Encoding');
  return encoding !== null && encoding.trim().toLowerCase() !== 'identity';
}
