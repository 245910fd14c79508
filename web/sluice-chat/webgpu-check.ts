/** Why the engine cannot run here. */
export type WebGpuProblem = 'insecure-context' | 'no-webgpu' | 'no-adapter';

/** Looks for a usable GPU; undefined means that there is one. */
export async function findWebGpuProblem(): Promise<WebGpuProblem | undefined> {
  if (!isSecureContext) return 'insecure-context';
  if (!('gpu' in navigator)) return 'no-webgpu';
  try {
    return (await navigator.gpu.requestAdapter()) ? undefined : 'no-adapter';
  } catch {
    return 'no-adapter';
  }
}
