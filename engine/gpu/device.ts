import { DeviceLostError, GpuValidationError, WebGpuUnavailableError } from '../errors/gpu-errors.ts';
import type { SluiceError } from '../errors/sluice-error.ts';
import type { Target } from '../../shaders/kernel.ts';
import { BufferPool } from './buffer-pool.ts';
import { PipelineCache } from './pipeline-cache.ts';

const FEATURES = ['shader-f16', 'subgroups', 'timestamp-query'] as const;
const LIMITS = ['maxBufferSize', 'maxStorageBufferBindingSize', 'maxStorageBuffersPerShaderStage', 'maxComputeWorkgroupStorageSize', 'maxComputeInvocationsPerWorkgroup', 'maxComputeWorkgroupSizeX'] as const;

/** What a test or an unusual page may force; everything defaults to what the adapter gives. */
export interface DeviceOptions {
  /** Largest bytes of one storage binding; bigger weights are split by rows. Default: the adapter's limit. */
  readonly maxBindingBytes?: number;
  /** Run the variants without f16 and subgroups even where the adapter has them. */
  readonly baseline?: boolean;
}

/** A WebGPU device with its buffers, its pipelines and what its shaders may rely on. One per model. */
export class Gpu {
  readonly device: GPUDevice;
  readonly target: Target;
  readonly maxBindingBytes: number;
  readonly buffers: BufferPool;
  readonly pipelines: PipelineCache;
  readonly adapterName: string;
  #fault: SluiceError | undefined;

  private constructor(adapter: GPUAdapter, device: GPUDevice, options: DeviceOptions) {
    this.device = device;
    this.target = options.baseline ? { f16: false, subgroup: 0 } : targetOf(adapter, device);
    this.maxBindingBytes = Math.min(options.maxBindingBytes ?? Infinity, device.limits.maxStorageBufferBindingSize, device.limits.maxBufferSize);
    this.buffers = new BufferPool(device);
    this.pipelines = new PipelineCache(device);
    this.adapterName = [adapter.info.vendor, adapter.info.architecture, adapter.info.description].filter(Boolean).join(' ');
    device.addEventListener('uncapturederror', ({ error }) => {
      this.#fault ??= new GpuValidationError('a command', error.message);
    });
    void device.lost.then(({ message, reason }) => {
      if (reason !== 'destroyed') this.#fault = new DeviceLostError(message);
    });
  }

  /** Asks the browser for the fastest adapter and for all it offers. Throws `WebGpuUnavailableError`. */
  static async request(options: DeviceOptions = {}): Promise<Gpu> {
    if (typeof navigator === 'undefined' || !navigator.gpu) {
      throw new WebGpuUnavailableError('no-api', 'This browser has no WebGPU (or the page is not served over https). Use a current Chrome, Edge, Safari 26+ or Firefox, over https or on localhost.');
    }
    const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
    if (!adapter) {
      throw new WebGpuUnavailableError('no-adapter', 'The browser has WebGPU but found no usable graphics adapter. Switch on hardware acceleration, update the graphics driver, or try another browser.');
    }
    const requiredFeatures = FEATURES.filter((feature) => adapter.features.has(feature));
    const requiredLimits = Object.fromEntries(LIMITS.map((limit) => [limit, adapter.limits[limit]]));
    return new Gpu(adapter, await adapter.requestDevice({ requiredFeatures, requiredLimits, label: 'sluice' }), options);
  }

  /** Throws the fault that the GPU reported since the last look, if any. Errors in WebGPU are asynchronous. */
  check(): void {
    if (this.#fault) throw this.#fault;
  }

  /** The GPU's own fault behind an error, if there is one: a lost device rejects maps with nothing but an `AbortError`. */
  async explain(error: unknown): Promise<unknown> {
    // The loss is reported in a task of its own, shortly before or after what it broke.
    await new Promise((resolve) => setTimeout(resolve));
    return this.#fault ?? error;
  }

  destroy(): void {
    this.buffers.destroyAll();
    this.device.destroy();
  }
}

function targetOf(adapter: GPUAdapter, device: GPUDevice): Target {
  const subgroup = device.features.has('subgroups') ? adapter.info.subgroupMinSize : 0;
  return { f16: device.features.has('shader-f16'), subgroup: subgroup ?? 0 };
}
