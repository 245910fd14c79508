import { SourceError } from '../errors/source-error.ts';
import type { ModelSource } from '../load/load-options.ts';
import { fileSource } from './file-source.ts';
import { HUB, hubSource } from './hub-source.ts';
import { DEFAULT_RETRY, type RetryPolicy } from './retries.ts';
import type { Source } from './source.ts';
import { urlSource } from './url-source.ts';

export interface SourceOptions {
  /** A mirror of the Hub. Default: the Hub. */
  readonly hubEndpoint?: string;
  readonly retry?: RetryPolicy;
}

/**
 * Makes sense of what the caller gave, without touching the network. Relative URLs are resolved against the page. The
 * address of a repository's page on the Hub means the repository.
 *
 * @throws SourceError where it names no source.
 */
export function openSource(source: ModelSource, { hubEndpoint = HUB, retry = DEFAULT_RETRY }: SourceOptions = {}): Source {
  const hub = (id: string, revision = 'main', token?: string): Source => hubSource({ id, revision, token, endpoint: hubEndpoint }, retry);
  if (typeof source === 'string') {
    const text = source.trim();
    if (!/^(?:[a-z][a-z0-9+.-]*:|\.{0,2}\/)/i.test(text)) {
      const at = text.indexOf('@');
      return at < 0 ? hub(text) : hub(text.slice(0, at), text.slice(at + 1));
    }
    const url = parseUrl(text);
    const page = hubPage(url);
    return page ? hub(page.id, page.revision) : urlSource(url, retry);
  }
  if (isFiles(source)) return fileSource(source);
  if ('hub' in source) return hub(source.hub, source.revision, source.token);
  return urlSource(parseUrl(source.url), retry);
}

function isFiles(source: Exclude<ModelSource, string>): source is readonly File[] {
  return Array.isArray(source);
}

function parseUrl(text: string): URL {
  try {
    return new URL(text, globalThis.location?.href);
  } catch (cause) {
    throw new SourceError('invalid', text, 'is not a URL; give the address of a folder (https://…/) or the id of a repository on the Hugging Face Hub (org/name)', { cause });
  }
}

/** What people copy from the address bar: `https://huggingface.co/org/name`, with or without `/tree/revision`. */
function hubPage({ host, pathname }: URL): { id: string; revision: string } | undefined {
  if (host !== new URL(HUB).host && host !== 'hf.co') return undefined;
  const match = /^\/([^/]+\/[^/]+)(?:\/tree\/([^/]+))?\/?$/.exec(pathname);
  return match ? { id: match[1], revision: (match[2] ?? 'main').replaceAll(/%2F/gi, '/') } : undefined;
}
