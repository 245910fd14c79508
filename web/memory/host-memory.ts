/** The part of https://wicg.github.io/performance-measure-memory/ that is used; TypeScript does not know it. */
interface MeasuresMemory {
  measureUserAgentSpecificMemory(): Promise<{ readonly bytes: number }>;
}

const canMeasure = (candidate: object): candidate is MeasuresMemory => 'measureUserAgentSpecificMemory' in candidate;

/**
 * Bytes of the computer's memory that this page and its workers take, or undefined where the browser does not tell: Chromium does where the page is
 * isolated from other origins. The answer takes up to a minute, since it waits for a garbage collection; `performance.memory` is quicker, but
 * knows nothing of workers.
 */
export async function hostBytes(): Promise<number | undefined> {
  if (!crossOriginIsolated || !canMeasure(performance)) return undefined;
  try {
    return (await performance.measureUserAgentSpecificMemory()).bytes;
  } catch (error) {
    // Where other sites may share the page's process, as without site isolation (Chromium's headless shell), the function is there and refuses.
    if (error instanceof DOMException && error.name === 'SecurityError') return undefined;
    throw error;
  }
}

/** Whether `hostBytes` may know; only asking tells for sure. */
export const tellsHostMemory = (): boolean => crossOriginIsolated && canMeasure(performance);

/** Asks for the bytes again and again until `signal` aborts, or the browser does not tell, which is said once. */
export async function watchHostMemory(onBytes: (bytes: number | undefined) => void, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const bytes = await hostBytes();
    if (!signal.aborted) onBytes(bytes);
    if (bytes === undefined) return;
  }
}
