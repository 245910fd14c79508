import { SAMPLED_RING, samplingScratch } from '../../shaders/sampling/sampling.ts';
import type { Step } from '../../shaders/common/step.ts';
import type { CompiledKernel } from '../gpu/pipeline-cache.ts';
import type { DispatchEncoder, Program } from '../program/program.ts';
import { samplingKernels, usesCounts } from '../sampling/sampling-kernels.ts';
import { packSampler, type SamplingPlan } from '../sampling/sampling-plan.ts';
import type { Runner } from './runner.ts';
import type { Sequence } from './sequence.ts';
import type { TokenSampler } from './token-sampler.ts';

/** Bit of `counts` that marks a token of the prompt. */
const IN_PROMPT = 0x80000000;

/** Picks the tokens of one generation on the GPU. Its buffers are made before the first token, its bind groups with a program's first step. */
export class Sampler implements TokenSampler {
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
    const counts = new Uint32Array(usesCounts(plan) ? vocabulary : 1);
    if (usesCounts(plan)) for (const id of sequence.tokens) counts[id] = IN_PROMPT;
    const kernels = await Promise.all(samplingKernels(plan, vocabulary).map((kernel) => gpu.pipelines.compile(kernel)));
    const scratch = await runner.scratch(samplingScratch(vocabulary));
    const contents = [
      { label: 'sampler', words: packSampler(plan) },
      { label: 'token counts', words: counts },
      { label: 'sampled tokens', words: new Uint32Array(SAMPLED_RING) },
    ];
    const owned = await gpu.buffers.allocateAll(
      contents.map(({ label, words }) => ({ label, bytes: words.byteLength })),
      'state',
    );
    contents.forEach(({ words }, i) => gpu.device.queue.writeBuffer(owned[i], 0, words));
    const [sampler, tokenCounts, sampled] = owned;
    return new Sampler(runner, kernels, { sampler, counts: tokenCounts, sampled, tokens: sequence.state.tokens, step: runner.stepBuffer, ...scratch }, owned);
  }

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
