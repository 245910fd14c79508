import type { Kernel } from '../../shaders/kernel.ts';
import { GpuValidationError } from '../errors/gpu-errors.ts';

export interface CompiledKernel {
  readonly kernel: Kernel;
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

const BUFFER_TYPES = { read: 'read-only-storage', write: 'storage', uniform: 'uniform' } as const;
const COMPUTE_STAGE = 0x4; // GPUShaderStage.COMPUTE

/** Compiles each kernel variant once. Compilation is asynchronous and parallel, so that the page never freezes on a first run. */
export class PipelineCache {
  readonly #device: GPUDevice;
  readonly #compiled = new Map<string, Promise<CompiledKernel>>();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  compile(kernel: Kernel): Promise<CompiledKernel> {
    let compiled = this.#compiled.get(kernel.code);
    if (!compiled) {
      compiled = this.#compile(kernel);
      this.#compiled.set(kernel.code, compiled);
    }
    // Two labels may share their code; the caller's own kernel keeps its workgroup function.
    return compiled.then(({ pipeline, layout }) => ({ kernel, pipeline, layout }));
  }

  async #compile(kernel: Kernel): Promise<CompiledKernel> {
    // The rejection says all: uncaptured, the same error would also end whatever else runs on the page's device.
    this.#device.pushErrorScope('validation');
    const layout = this.#device.createBindGroupLayout({
      label: kernel.label,
      entries: kernel.bindings.map(({ type }, binding) => ({ binding, visibility: COMPUTE_STAGE, buffer: { type: BUFFER_TYPES[type] } })),
    });
    const module = this.#device.createShaderModule({ label: kernel.label, code: kernel.code });
    const compiled = this.#device.createComputePipelineAsync({
      label: kernel.label,
      layout: this.#device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module, entryPoint: 'main' },
    });
    // Only a lost device rejects, and then compiling fails too.
    this.#device.popErrorScope().catch(() => null);
    try {
      return { kernel, pipeline: await compiled, layout };
    } catch (error) {
      // The rejection of a shader that does not compile only says that it is invalid.
      const { messages } = await module.getCompilationInfo().catch(() => ({ messages: [] }));
      const reason = messages.find(({ type }) => type === 'error')?.message ?? (error instanceof Error ? error.message : String(error));
      throw new GpuValidationError(`kernel ${kernel.label}`, reason);
    }
  }
}
