import { packStep, type Step } from '../../shaders/common/step.ts';
import type { CompiledKernel } from '../gpu/pipeline-cache.ts';
import type { Gpu } from '../gpu/device.ts';
import type { BufferRef, Dispatch, Value } from './dispatch.ts';
import { placeValues } from './placement.ts';

/** The buffers of one sequence that a program binds. */
export interface SequenceBuffers {
  readonly tokens: GPUBuffer;
  readonly states: readonly Readonly<Record<string, GPUBuffer>>[];
}

/** What dispatches are recorded into: a compute pass, or something that makes passes, for example to time each dispatch. */
export interface DispatchEncoder {
  setPipeline(pipeline: GPUComputePipeline): void;
  setBindGroup(index: number, group: GPUBindGroup): void;
  dispatchWorkgroups(x: number, y?: number, z?: number): void;
}

/** A program's bind groups for one sequence. */
export type BoundProgram = readonly GPUBindGroup[];

/**
 * A compiled list of dispatches: what one step of the model is, for one mode. Everything is made here, once; a step only
 * encodes.
 */
export class Program {
  /** The result, [rows, width] f32. */
  readonly output: GPUBuffer;
  /** The values that were to be kept, each [rows, width] f32 until the next step. */
  readonly kept: readonly GPUBuffer[];
  readonly #gpu: Gpu;
  readonly #dispatches: readonly Dispatch[];
  readonly #compiled: readonly CompiledKernel[];
  readonly #activations: readonly GPUBuffer[];
  readonly #bufferOf: ReadonlyMap<Value, number>;
  readonly #shared = new Map<number, GPUBindGroup>();
  readonly #step: GPUBuffer;

  private constructor(gpu: Gpu, dispatches: readonly Dispatch[], compiled: readonly CompiledKernel[], activations: readonly GPUBuffer[], bufferOf: ReadonlyMap<Value, number>, output: Value, kept: readonly Value[], step: GPUBuffer) {
    this.#gpu = gpu;
    this.#dispatches = dispatches;
    this.#compiled = compiled;
    this.#activations = activations;
    this.#bufferOf = bufferOf;
    this.#step = step;
    this.output = this.#activation(output);
    this.kept = kept.map((value) => this.#activation(value));
  }

  /** Compiles all pipelines in parallel and allocates the activations. Throws GPU errors with the kernel's label. */
  static async compile(gpu: Gpu, dispatches: readonly Dispatch[], output: Value, step: GPUBuffer, kept: readonly Value[] = []): Promise<Program> {
    const { sizes, bufferOf } = placeValues(dispatches, [output, ...kept]);
    const compiled = await Promise.all(dispatches.map(({ kernel }) => gpu.pipelines.compile(kernel)));
    const activations = await gpu.buffers.allocateAll(
      sizes.map((bytes) => ({ label: 'activations', bytes })),
      'activations',
    );
    return new Program(gpu, dispatches, compiled, activations, bufferOf, output, kept, step);
  }

  /** Dispatches of a step in which all kernels run. */
  get length(): number {
    return this.#dispatches.length;
  }

  /** Bind groups for a sequence; those that touch nothing of the sequence are shared by all. */
  bind(sequence: SequenceBuffers): BoundProgram {
    return this.#dispatches.map((dispatch, i) => {
      const own = Object.values(dispatch.buffers).some(({ kind }) => kind === 'state' || kind === 'tokens');
      const group = (own ? undefined : this.#shared.get(i)) ?? this.#bindGroup(dispatch, this.#compiled[i], sequence);
      if (!own) this.#shared.set(i, group);
      return group;
    });
  }

  #bindGroup(dispatch: Dispatch, { kernel, layout }: CompiledKernel, sequence: SequenceBuffers): GPUBindGroup {
    const entries = kernel.bindings.map(({ name }, binding) => {
      const ref = dispatch.buffers[name];
      if (!ref && name !== 'step') throw new Error(`${kernel.label} has no buffer for its binding ${name}`);
      return { binding, resource: ref ? this.#resolve(ref, sequence) : { buffer: this.#step } };
    });
    return this.#gpu.device.createBindGroup({ label: kernel.label, layout, entries });
  }

  #resolve(ref: BufferRef, sequence: SequenceBuffers): GPUBufferBinding {
    switch (ref.kind) {
      case 'value':
        return { buffer: this.#activation(ref.value) };
      case 'constant':
        return { buffer: ref.buffer, offset: ref.offset ?? 0 };
      case 'state':
        return { buffer: sequence.states[ref.index][ref.name] };
      case 'tokens':
        return { buffer: sequence.tokens };
      default:
        return ref satisfies never;
    }
  }

  #activation(value: Value): GPUBuffer {
    const buffer = this.#bufferOf.get(value);
    if (buffer === undefined) throw new Error(`${value.label} is never computed`);
    return this.#activations[buffer];
  }

  /** Tells the kernels about the step; ordered before the next submit. */
  writeStep(step: Step): void {
    this.#gpu.device.queue.writeBuffer(this.#step, 0, packStep(step));
  }

  /** Records the step's dispatches. Without `output` it stops before what only the result needs. Returns how many ran. */
  encode(pass: DispatchEncoder, bound: BoundProgram, step: Step, output: boolean): number {
    // The one row is the step's last.
    const single = { count: 1, position: step.position + step.count - 1 };
    let dispatched = 0;
    for (let i = 0; i < this.#dispatches.length; i++) {
      const dispatch = this.#dispatches[i];
      if (dispatch.output && !output) break;
      const [x, y, z] = dispatch.kernel.workgroups(dispatch.singleRow ? single : step);
      if (x === 0) continue;
      pass.setPipeline(this.#compiled[i].pipeline);
      pass.setBindGroup(0, bound[i]);
      pass.dispatchWorkgroups(x, y, z);
      dispatched++;
    }
    return dispatched;
  }
}
