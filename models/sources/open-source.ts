import { importModule } from '../../engine/modules/import-module.ts';
import { SourceError } from '../errors/source-error.ts';
import type { ModelSource } from '../load/load-options.ts';
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
 * Makes sense of what the caller gave, without asking for any of it. Relative URLs are resolved against the page. The
 * address of a page on the Hub means the repository or the single file that it shows.
 *
 * @throws SourceError where it names no source, and ModuleLoadError.
 */
export async function openSource(source: ModelSource, { hubEndpoint = HUB, retry = DEFAULT_RETRY }: SourceOptions = {}): Promise<Source> {
  const hub = ({ id, revision = 'main', token, file }: HubFile): Source => withSingle(hubSource({ id, revision, token, endpoint: hubEndpoint }, retry), file);
  const web = (url: URL): Source => {
    const page = hubPage(url);
    return page ? hub(page) : urlOf(url, retry);
  };
  if (typeof source === 'string') {
    const text = source.trim();
    return /^(?:[a-z][a-z0-9+.-]*:|\.{0,2}\/)/i.test(text) ? web(parseUrl(text)) : hub(parseHubId(text));
  }
  if (source instanceof File || isFiles(source)) {
    // A script of its own: most visitors' models come from the network.
    const { fileSource } = await importModule(() => import('./file-source.ts'));
    return fileSource(source instanceof File ? [source] : source);
  }
  if ('hub' in source) return hub({ id: source.hub, ...source });
  return web(parseUrl(source.url));
}

function isFiles(source: Exclude<ModelSource, string>): source is readonly File[] {
  return Array.isArray(source);
}

function parseUrl(text: string): URL {
  try {
    return new URL(text, globalThis.location?.href);
  } catch (cause) {
    throw new SourceError('invalid', text, 'is not a URL; give the address of a folder (https://…/) or of a GGUF file, or the id of a repository on the Hugging Face Hub (org/name)', { cause });
  }
}

/** A repository of the Hub, or a single file in one. */
interface HubFile {
  readonly id: string;
  readonly revision?: string;
  readonly token?: string;
  readonly file?: string;
}

/** `org/name`, `org/name@revision`, `org/name/path/file.gguf`, `org/name/path/file.gguf@revision`. */
function parseHubId(text: string): HubFile {
  const at = text.indexOf('@');
  const [path, revision] = at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
  const match = /^([^/]+\/[^/]+)\/(.+\.(?:gguf|bin))$/i.exec(path);
  return { id: match?.[1] ?? path, ...(match && { file: match[2] }), ...(revision !== undefined && { revision }) };
}

/**
 * What people copy from the address bar: `https://huggingface.co/org/name`, with or without `/tree/revision`; and of a
 * single file the page (`/blob/revision/…`) and the link to download it (`/resolve/revision/…`).
 */
function hubPage({ host, pathname }: URL): HubFile | undefined {
  if (host !== new URL(HUB).host && host !== 'hf.co') return undefined;
  const repository = /^\/([^/]+\/[^/]+)(?:\/tree\/([^/]+))?\/?$/.exec(pathname);
  const file = /^\/([^/]+\/[^/]+)\/(?:blob|resolve)\/([^/]+)\/(.+\.(?:gguf|bin))$/i.exec(pathname);
  const match = repository ?? file;
  if (!match) return undefined;
  return { id: match[1], revision: decodeSegment(match[2] ?? 'main'), ...(file && { file: decodeSegment(file[3]) }) };
}

/** The folder at this URL; of a single file's URL the folder that it lies in. */
function urlOf(url: URL, retry: RetryPolicy): Source {
  const match = /^(.*\/)([^/]+\.(?:gguf|bin))$/i.exec(url.pathname);
  if (!match) return urlSource(url, retry);
  const folder = new URL(url);
  folder.pathname = match[1];
  return withSingle(urlSource(folder, retry), decodeSegment(match[2]));
}

function decodeSegment(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new SourceError('invalid', text, 'is not a URL: a "%" in it stands before something else than two hexadecimal digits', { cause });
  }
}

function withSingle(source: Source, file: string | undefined): Source {
  if (file === undefined) return source;
  if (!/\.(?:gguf|bin)$/i.test(file) || file.split('/').some((segment) => segment === '' || segment === '.' || segment === '..')) {
    throw new SourceError('invalid', file, 'is not the path of a GGUF file inside the repository; it should end in .gguf (or .bin, of rwkv.cpp)');
  }
  return { ...source, single: file };
}
