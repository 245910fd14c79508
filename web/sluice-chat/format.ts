const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** Bytes in decimal units: `1.5 GB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit] ?? 'B'}`;
}

/** A remaining time in words: `about 2 min`. */
export function formatTimeLeft(seconds: number): string {
  if (seconds < 5) return 'a few seconds';
  if (seconds < 60) return `about ${Math.ceil(seconds / 5) * 5} s`;
  if (seconds < 3600) return `about ${Math.round(seconds / 60)} min`;
  return `about ${(seconds / 3600).toFixed(1)} h`;
}

export function formatMilliseconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

export function formatRate(tokensPerSecond: number): string {
  return tokensPerSecond < 10 ? tokensPerSecond.toFixed(1) : String(Math.round(tokensPerSecond));
}

/** The words that a model's source is known by: `org/name`, a file's name, a file path's last folder, or "Local folder". */
export function formatSource(source: unknown): string {
  if (source instanceof File) return source.name;
  if (Array.isArray(source)) {
    const path: unknown = source[0] instanceof File ? source[0].webkitRelativePath : '';
    return (typeof path === 'string' && path.split('/')[0]) || 'Local folder';
  }
  if (typeof source === 'object' && source !== null) {
    if ('hub' in source) return 'file' in source ? `${String(source.hub)}/${String(source.file)}` : String(source.hub);
    if ('url' in source) return formatSource(source.url);
  }
  const text = String(source);
  if (!/^https?:/.test(text)) return text;
  return text.split(/[?#]/)[0]?.split('/').filter(Boolean).at(-1) ?? text;
}
