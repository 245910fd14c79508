import { DeviceLostError, GpuValidationError, WebGpuUnavailableError } from '../errors/gpu-errors.ts';
import type { SluiceError } from '../errors/sluice-error.ts';
import type { Target } from '../../shaders/kernel.ts';
import { PipelineCache } from './pipeline-cache.ts';

const FEATURES = ['subgroups', 'timestamp-query'] as const;
const LIMITS = ['maxBufferSize', 'maxStorageBufferBindingSize', 'maxStorageBuffersPerShaderStage', 'maxComputeWorkgroupStorageSize', 'maxComputeInvocationsPerWorkgroup', 'maxComputeWorkgroupSizeX'] as const;

/** The page's device with its compiled pipelines. Models share it, so that a second model does not compile the same kernels again. */
export class SharedDevice {
  readonly device: GPUDevice;
  /** What this adapter's shaders may rely on. */
  readonly target: Target;
  readonly pipelines: PipelineCache;
  readonly adapterName: string;
  /** The "GPU" is the processor: what waits must not compete with it. */
  readonly software: boolean;
  #fault: SluiceError | undefined;

  constructor(adapter: GPUAdapter, device: GPUDevice) {
    this.device = device;
    this.target = { subgroup: device.features.has('subgroups') ? (adapter.info.subgroupMinSize ?? 0) : 0 };
    this.pipelines = new PipelineCache(device);
    this.software = adapter.info.isFallbackAdapter;
    this.adapterName = [adapter.info.vendor, adapter.info.architecture, adapter.info.description].filter(Boolean).join(' ');
    device.addEventListener('uncapturederror', ({ error }) => {
      this.#fault ??= new GpuValidationError('a command', error.message);
    });
    void device.lost.then(({ message }) => {
      this.#fault = new DeviceLostError(message);
      current = undefined;
    });
  }

  /** What the GPU reported since the last `forgive`. Errors in WebGPU are asynchronous. */
  get fault(): SluiceError | undefined {
    return this.#fault;
  }

  /** A refused command concerns the model that sent it, not the next one; a lost device stays lost. */
  forgive(): void {
    if (!(this.#fault instanceof DeviceLostError)) this.#fault = undefined;
  }
}

let current: Promise<SharedDevice> | undefined;

/** The page's device; asked for once, and again after it was lost. Throws `WebGpuUnavailableError`. */
export function sharedDevice(): Promise<SharedDevice> {
  current ??= request().catch((error: unknown) => {
    current = undefined;
    throw error;
  });
  return current;
}

/** Asks the browser for the fastest adapter and for all it offers. */
async function request(): Promise<SharedDevice> {
  if (typeof navigator === 'undefined' || !navigator.gpu) {
    throw new WebGpuUnavailableError('no-api', 'This browser has no WebGPU (or the page is not served over https). Use a current Chrome, Edge, Safari or Firefox, over https or on localhost.');
  }
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) {
    throw new WebGpuUnavailableError('no-adapter', 'The browser has WebGPU but found no usable graphics adapter. Switch on hardware acceleration, update the graphics driver, or try another browser.');
  }
  const requiredFeatures = FEATURES.filter((feature) => adapter.features.has(feature));
  const requiredLimits = Object.fromEntries(LIMITS.map((limit) => [limit, adapter.limits[limit]]));
  return new SharedDevice(adapter, await adapter.requestDevice({ requiredFeatures, requiredLimits, label: 'sluice' }));
}
