import type { HttpTarget } from './http-connection.ts';
import { openHttpFile } from './open-http-file.ts';
import type { RetryPolicy } from './retries.ts';
import type { Source } from './source.ts';

export interface HttpSourceOptions {
  readonly name: string;
  readonly locate: (path: string) => string;
  readonly headers: Readonly<Record<string, string>>;
  readonly retry: RetryPolicy;
  readonly explainRefusal: HttpTarget['explainRefusal'];
  readonly checkMissing?: NonNullable<HttpTarget['checkMissing']>;
}

/** The files below a URL. */
export function httpSource({ name, locate, ...rest }: HttpSourceOptions): Source {
  return { name, open: async (file, signal) => openHttpFile({ file, url: locate(file), ...rest }, signal) };
}

/** A path with each of its segments escaped, so that no name can leave its folder or start a query. */
export function encodePath(path: string): string {
  const segments = path.split('/');
  // A browser would resolve these before it asks.
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..')) throw new RangeError(`${path} is not a path inside a folder`);
  return segments.map(encodeURIComponent).join('/');
}
