import { ModuleLoadError } from '../errors/module-load-error.ts';

/**
 * Fetches a part of the engine that not everybody needs: `importModule(() => import('./part.ts'))`, whatever bundler made of that.
 * A second call gives the same module; whether it fetches again after a failure is the browser's choice (Chromium does, others may remember).
 *
 * @throws ModuleLoadError
 */
export async function importModule<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    if (cause instanceof ModuleLoadError) throw cause;
    const detail = cause instanceof Error ? cause.message : String(cause);
    // Chromium and Firefox name the address in the message, and nowhere else; Safari does not.
    const [url] = /\bhttps?:\S+/.exec(detail) ?? [];
    throw new ModuleLoadError(url === undefined ? { beside: import.meta.url } : { url }, detail, { cause });
  }
}
