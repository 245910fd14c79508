import { SAMPLED_RING, samplingScratch } from '../../shaders/sampling/sampling.ts';
import type { Step } from '../../shaders/common/step.ts';
import type { CompiledKernel } from '../gpu/pipeline-cache.ts';
import type { DispatchEncoder, Program } from '../program/program.ts';
import { samplingKernels, usesCounts } from '../sampling/sampling-kernels.ts';
import { packSampler, type SamplingPlan } from '../sampling/sampling-plan.ts';
import type { Runner } from './runner.ts';
import type { Sequence } from './sequence.ts';

/** Bit of `counts` that marks a token of the prompt. */
const IN_PROMPT = 0x80000000;

/** Picks the tokens of one generation on the GPU. Its buffers and bind groups are made before the first token. */
export class Sampler {
  /** The newest tokens, a ring indexed by position. */
  readonly sampled: GPUBuffer;
  readonly #runner: Runner;
  readonly #kernels: readonly CompiledKernel[];
  readonly #buffers: Readonly<Record<string, GPUBuffer>>;
  readonly #owned: readonly GPUBuffer[];
  readonly #bound = new Map<Program, readonly GPUBindGroup[]>();

  private constructor(runner: Runner, kernels: readonly CompiledKernel[], buffers: Readonly<Record<string, GPUBuffer>>, owned: readonly GPUBuffer[]) {
    this.#runner = runner;
    this.#kernels = kernels;
    this.#buffers = buffers;
    this.#owned = owned;
    this.sampled = buffers.sampled;
  }

  /** For a generation that continues the sequence's tokens, all of which count as its prompt. */
  static async create(runner: Runner, plan: SamplingPlan, sequence: Sequence): Promise<Sampler> {
    const { gpu, vocabulary } = runner;
    const owned: GPUBuffer[] = [];
    const own = async (label: string, contents: Uint32Array<ArrayBuffer>): Promise<GPUBuffer> => {
      const buffer = await gpu.buffers.allocate(label, contents.byteLength, 'state');
      gpu.device.queue.writeBuffer(buffer, 0, contents);
      owned.push(buffer);
      return buffer;
    };
    try {
      const counts = new Uint32Array(usesCounts(plan) ? vocabulary : 1);
      if (usesCounts(plan)) for (const id of sequence.tokens) counts[id] = IN_PROMPT;
      const buffers = {
        sampler: await own('sampler', packSampler(plan)),
        counts: await own('token counts', counts),
        sampled: await own('sampled tokens', new Uint32Array(SAMPLED_RING)),
        tokens: sequence.state.tokens,
        step: runner.stepBuffer,
        ...(await runner.scratch(samplingScratch(vocabulary))),
      };
      const kernels = await Promise.all(samplingKernels(plan, vocabulary).map((kernel) => gpu.pipelines.compile(kernel)));
      return new Sampler(runner, kernels, buffers, owned);
    } catch (error) {
      for (const buffer of owned) gpu.buffers.destroy(buffer);
      throw error;
    }
  }

  /** Bytes into `sampled` at which a step leaves its token. */
  offset({ position, count }: Step): number {
    return 4 * ((position + count) % SAMPLED_RING);
  }

  /** Records the choice from the program's logits. Returns the number of dispatches. */
  encode(pass: DispatchEncoder, program: Program, step: Step): number {
    const groups = this.#groups(program);
    this.#kernels.forEach(({ kernel, pipeline }, i) => {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, groups[i]);
      pass.dispatchWorkgroups(...kernel.workgroups(step));
    });
    return this.#kernels.length;
  }

  #groups(program: Program): readonly GPUBindGroup[] {
    let groups = this.#bound.get(program);
    if (!groups) {
      const buffers: Readonly<Record<string, GPUBuffer>> = { ...this.#buffers, logits: program.output };
      groups = this.#kernels.map(({ kernel, layout }) =>
        this.#runner.gpu.device.createBindGroup({ layout, entries: kernel.bindings.map(({ name }, binding) => ({ binding, resource: { buffer: buffers[name] } })) }),
      );
      this.#bound.set(program, groups);
    }
    return groups;
  }

  destroy(): void {
    for (const buffer of this.#owned) this.#runner.gpu.buffers.destroy(buffer);
  }
}
