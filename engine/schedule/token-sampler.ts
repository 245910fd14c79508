import type { Step } from '../../shaders/common/step.ts';
import type { Program } from '../program/program.ts';

/** What picks a step's token on the GPU, as the runner sees it. */
export interface TokenSampler {
  /** Where the picked tokens lie, u32. */
  readonly sampled: GPUBuffer;
  /** Bytes into `sampled` at which a step leaves its token. */
  offset(step: Step): number;
  /** Records the choice from the program's logits. Returns the number of dispatches. */
  encode(pass: GPUComputePassEncoder, program: Program, step: Step): number;
}
