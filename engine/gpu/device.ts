import type { Target } from '../../shaders/kernel.ts';
import { BufferPool } from './buffer-pool.ts';
import { nudged } from './nudge.ts';
import type { PipelineCache } from './pipeline-cache.ts';
import { sharedDevice, type SharedDevice } from './shared-device.ts';

/** What a test or an unusual page may force; everything defaults to what the adapter gives. */
export interface DeviceOptions {
  /** Largest bytes of one storage binding; bigger weights are split by rows. Default: the adapter's limit. */
  readonly maxBindingBytes?: number;
  /** Run the variants without subgroups even where the adapter has them. */
  readonly baseline?: boolean;
}

/** One model's view of the page's device: buffers of its own, pipelines shared. */
export class Gpu {
  readonly device: GPUDevice;
  /** What its shaders may rely on. */
  readonly target: Target;
  readonly maxBindingBytes: number;
  readonly buffers: BufferPool;
  readonly pipelines: PipelineCache;
  readonly adapterName: string;
  /** The adapter runs on the processor. */
  readonly software: boolean;
  readonly #shared: SharedDevice;

  private constructor(shared: SharedDevice, options: DeviceOptions) {
    this.device = shared.device;
    this.target = options.baseline ? { subgroup: 0 } : shared.target;
    const { maxStorageBufferBindingSize, maxBufferSize } = shared.device.limits;
    this.maxBindingBytes = Math.min(options.maxBindingBytes ?? Infinity, maxStorageBufferBindingSize, maxBufferSize);
    this.buffers = new BufferPool(shared.device);
    this.pipelines = shared.pipelines;
    this.adapterName = shared.adapterName;
    this.software = shared.software;
    this.#shared = shared;
    shared.forgive();
  }

  /** Throws `WebGpuUnavailableError`. */
  static async request(options: DeviceOptions = {}): Promise<Gpu> {
    return new Gpu(await sharedDevice(), options);
  }

  /** Awaits something that the GPU settles, as quickly as the browser can be made to notice. `busy`: later work is under way. */
  wait<T>(awaited: Promise<T>, busy = false): Promise<T> {
    return this.software ? awaited : nudged(this.device.queue, awaited, busy);
  }

  /** Throws the fault that the GPU reported, if any. */
  check(): void {
    if (this.#shared.fault) throw this.#shared.fault;
  }

  /** The GPU's own fault behind an error, if there is one: a lost device rejects maps with nothing but an `AbortError`. */
  async explain(error: unknown): Promise<unknown> {
    // The loss is reported in a task of its own, shortly before or after what it broke.
    await new Promise((resolve) => setTimeout(resolve));
    return this.#shared.fault ?? error;
  }

  /** Frees the model's buffers. */
  destroy(): void {
    this.buffers.destroyAll();
  }
}
