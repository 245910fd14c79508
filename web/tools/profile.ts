import { readBuffer } from '../../engine/gpu/read-buffer.ts';
import { resolveSampling } from '../../engine/sampling/resolve-sampling.ts';
import type { DispatchEncoder, Program } from '../../engine/program/program.ts';
import type { Runner } from '../../engine/schedule/runner.ts';
import { Sampler } from '../../engine/schedule/sampler.ts';
import type { Sequence } from '../../engine/schedule/sequence.ts';

export interface KernelTime {
  /** The kernel's label. */
  readonly kernel: string;
  /** Dispatches in a step. */
  readonly calls: number;
  /** Microseconds of all of them together, the mean of several steps. */
  readonly microseconds: number;
}

/** Tokens that a step reads, and those in the state before. */
export interface ProfiledStep {
  readonly tokens: number;
  readonly position: number;
}

/** What the GPU did in a step, the slowest kernel first. */
export interface StepProfile extends ProfiledStep {
  readonly kernels: readonly KernelTime[];
}

/** Most that WebGPU allows in a query set. */
const QUERIES = 4096;
const REPEATS = 10;
const QUERY_RESOLVE_AND_COPY_SRC = 0x204; // GPUBufferUsage

export const canProfile = ({ gpu }: Runner): boolean => gpu.device.features.has('timestamp-query');

/**
 * Times each kernel of these steps. A dispatch gets a pass of its own,
 * whose begin and end the GPU notes: the sum is more than a real step takes, in one pass, and small times are rounded where the browser
 * quantises timestamps (Chromium: to 100 µs, unless started with `--disable-dawn-features=timestamp_quantization`).
 */
export async function profile(runner: Runner, steps: readonly ProfiledStep[]): Promise<StepProfile[]> {
  const profiles: StepProfile[] = [];
  for (const step of steps) profiles.push(await profileStep(runner, step));
  return profiles;
}

async function profileStep(runner: Runner, { tokens, position }: ProfiledStep): Promise<StepProfile> {
  const program = await runner.programFor(tokens);
  const totals = new Map<string, { calls: number; microseconds: number }>();
  // One step more than is counted, to warm up.
  for (let repeat = 0; repeat <= REPEATS; repeat++) {
    const sequence = await runner.createSequence();
    const sampler = await Sampler.create(runner, resolveSampling({ temperature: 0 }, undefined), sequence);
    // Nothing was read: the kernels take as long over a state of zeros.
    if (position > 0) sequence.state.advance(position);
    const times = await timeStep(runner, program, sequence, sampler, tokens);
    sampler.destroy();
    sequence.state.destroy();
    if (repeat === 0) continue;
    for (const { kernel, microseconds } of times) {
      const total = totals.get(kernel) ?? { calls: 0, microseconds: 0 };
      totals.set(kernel, { calls: total.calls + 1, microseconds: total.microseconds + microseconds });
    }
  }
  const kernels = [...totals].map(([kernel, { calls, microseconds }]) => ({ kernel, calls: calls / REPEATS, microseconds: Number((microseconds / REPEATS).toPrecision(4)) }));
  return { tokens, position, kernels: kernels.sort((a, b) => b.microseconds - a.microseconds) };
}

async function timeStep(runner: Runner, program: Program, sequence: Sequence, sampler: Sampler, count: number): Promise<{ kernel: string; microseconds: number }[]> {
  const { device } = runner.gpu;
  const step = { count, position: sequence.position, ...sequence.state.slots };
  const queries = device.createQuerySet({ type: 'timestamp', count: QUERIES });
  const stamps = device.createBuffer({ label: 'timestamps', size: QUERIES * 8, usage: QUERY_RESOLVE_AND_COPY_SRC });
  try {
    program.writeStep(step);
    const encoder = device.createCommandEncoder();
    const passes = new TimedPasses(encoder, queries);
    program.encode(passes, sequence.bound(program), step, true);
    sampler.encode(passes, program, step);
    encoder.resolveQuerySet(queries, 0, 2 * passes.labels.length, stamps, 0);
    device.queue.submit([encoder.finish()]);
    const nanoseconds = new BigUint64Array(await readBuffer(runner.gpu, stamps, passes.labels.length * 16));
    return passes.labels.map((kernel, i) => ({ kernel, microseconds: Number(nanoseconds[2 * i + 1] - nanoseconds[2 * i]) / 1000 }));
  } finally {
    queries.destroy();
    stamps.destroy();
  }
}

/** Gives each dispatch a pass of its own, between two timestamps. */
class TimedPasses implements DispatchEncoder {
  /** Of the pipelines that were dispatched, in order. */
  readonly labels: string[] = [];
  readonly #encoder: GPUCommandEncoder;
  readonly #queries: GPUQuerySet;
  #pipeline: GPUComputePipeline | undefined;
  #group: GPUBindGroup | undefined;

  constructor(encoder: GPUCommandEncoder, queries: GPUQuerySet) {
    this.#encoder = encoder;
    this.#queries = queries;
  }

  setPipeline(pipeline: GPUComputePipeline): void {
    this.#pipeline = pipeline;
  }

  setBindGroup(index: number, group: GPUBindGroup): void {
    if (index !== 0) throw new RangeError('kernels have one bind group');
    this.#group = group;
  }

  dispatchWorkgroups(x: number, y = 1, z = 1): void {
    if (!this.#pipeline || !this.#group) throw new Error('a dispatch without pipeline or bind group');
    const at = 2 * this.labels.length;
    if (at >= QUERIES) throw new RangeError(`a step of more than ${QUERIES / 2} dispatches cannot be timed`);
    const pass = this.#encoder.beginComputePass({ timestampWrites: { querySet: this.#queries, beginningOfPassWriteIndex: at, endOfPassWriteIndex: at + 1 } });
    pass.setPipeline(this.#pipeline);
    pass.setBindGroup(0, this.#group);
    pass.dispatchWorkgroups(x, y, z);
    pass.end();
    this.labels.push(this.#pipeline.label);
  }
}
