import { AccessError } from '../errors/access-error.ts';
import { SourceError } from '../errors/source-error.ts';
import { encodePath, httpSource } from './http-source.ts';
import type { RetryPolicy } from './retries.ts';
import type { Source } from './source.ts';

/** The folder at an absolute URL. A query string (a signature, say) is sent with each file's request. */
export function urlSource(folder: URL, retry: RetryPolicy): Source {
  const shown = folder.origin + folder.pathname;
  if (folder.protocol !== 'https:' && folder.protocol !== 'http:') throw new SourceError('invalid', folder.href, 'only http and https URLs can be loaded from');
  if (folder.username !== '' || folder.password !== '') throw new SourceError('invalid', shown, 'a URL with a user name or a password in it cannot be fetched by a page');
  if (/\.(safetensors|json|pt|pth|zip|onnx)$/i.test(folder.pathname)) {
    throw new SourceError('invalid', shown, 'is the URL of a file; give the URL of the folder that holds config.json and the weights, or of a GGUF file');
  }
  const base = folder.origin + folder.pathname.replace(/\/*$/, '/');
  const source = httpSource({
    name: base,
    locate: (path) => base + encodePath(path) + folder.search,
    headers: {},
    retry,
    explainRefusal: (status) => `${folder.host} refuses to serve files of ${base} (HTTP ${status}): make the folder readable to this page without logging in.`,
  });
  let served = false;
  return {
    name: base,
    async open(path, signal) {
      try {
        const file = await source.open(path, signal);
        served ||= file !== undefined;
        return file;
      } catch (error) {
        // Object stores such as S3 answer 403 for what is not there, so as not to tell. What matters in a folder that
        // serves other files is then that this one cannot be had.
        if (served && error instanceof AccessError && error.status === 403) return undefined;
        throw error;
      }
    },
  };
}
