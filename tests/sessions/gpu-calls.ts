/** What the page asked of WebGPU since it was spied on. */
export interface GpuCalls {
  submits: number;
  passes: number;
  bindGroups: number;
  buffers: number;
  pipelines: number;
  /** Buffers made and not yet destroyed, by label. */
  readonly live: Map<GPUBuffer, string>;
  readonly devices: GPUDevice[];
  /** Messages of uncaptured errors of these devices. */
  readonly errors: string[];
  /** Called at each submit, after it. */
  onSubmit: (() => void) | undefined;
}

/** Counts the calls of everything in this page, engine included. Call it before the first model is loaded. */
export function spyOnGpu(): GpuCalls {
  const calls: GpuCalls = { submits: 0, passes: 0, bindGroups: 0, buffers: 0, pipelines: 0, live: new Map(), devices: [], errors: [], onSubmit: undefined };
  wrap(GPUAdapter.prototype, 'requestDevice', (original, self, args) =>
    original.apply(self, args).then((device: GPUDevice) => {
      calls.devices.push(device);
      device.addEventListener('uncapturederror', ({ error }) => calls.errors.push(error.message));
      return device;
    }),
  );
  wrap(GPUDevice.prototype, 'createBuffer', (original, self, args) => {
    const buffer = original.apply(self, args);
    calls.buffers++;
    calls.live.set(buffer, buffer.label);
    return buffer;
  });
  wrap(GPUBuffer.prototype, 'destroy', (original, self, args) => {
    calls.live.delete(self);
    return original.apply(self, args);
  });
  wrap(GPUDevice.prototype, 'createBindGroup', (original, self, args) => {
    calls.bindGroups++;
    return original.apply(self, args);
  });
  wrap(GPUDevice.prototype, 'createComputePipelineAsync', (original, self, args) => {
    calls.pipelines++;
    return original.apply(self, args);
  });
  wrap(GPUCommandEncoder.prototype, 'beginComputePass', (original, self, args) => {
    calls.passes++;
    return original.apply(self, args);
  });
  wrap(GPUQueue.prototype, 'submit', (original, self, args) => {
    original.apply(self, args);
    calls.submits++;
    calls.onSubmit?.();
    return undefined;
  });
  return calls;
}

type Method<T, K extends keyof T> = T[K] extends (...args: infer A) => infer R ? { (this: T, ...args: A): R; apply(self: T, args: A): R } : never;

function wrap<T extends object, K extends keyof T & string>(prototype: T, name: K, call: (original: Method<T, K>, self: T, args: Parameters<Method<T, K>>) => ReturnType<Method<T, K>>): void {
  const original = prototype[name] as Method<T, K>;
  Object.defineProperty(prototype, name, {
    configurable: true,
    value(this: T, ...args: Parameters<Method<T, K>>) {
      return call(original, this, args);
    },
  });
}
