import type { KvLayout } from '../../shaders/kv/kv-format.ts';
import { DisposedError } from '../errors/generate-errors.ts';
import type { Gpu } from '../gpu/device.ts';
import { TokenReadback } from '../gpu/token-readback.ts';
import type { Graph } from '../ops/graph.ts';
import type { StateDeclaration } from '../ops/state.ts';
import type { Tensor } from '../ops/vocabulary.ts';
import { lower } from '../program/lower.ts';
import type { Mode } from '../program/lowering.ts';
import { Program } from '../program/program.ts';
import { Sequence } from './sequence.ts';
import { SequenceState, type StateOptions } from './sequence-state.ts';
import type { TokenSampler } from './token-sampler.ts';

export interface RunnerOptions {
  /** Tokens that a sequence can hold. */
  readonly context: number;
  /** Most tokens of a prefill step. */
  readonly chunk: number;
  readonly kv: KvLayout;
  /** Programs that are there when the runner is; others are compiled when they are first asked for. Default: what generating needs. */
  readonly compile?: readonly Mode[] | undefined;
}

/** What a benchmark wants to know of the steps that were submitted. */
export interface StepCounts {
  steps: number;
  dispatches: number;
  submits: number;
}

/** Runs a model's steps: one command buffer, one compute pass and one submit each. */
export class Runner {
  readonly gpu: Gpu;
  readonly options: RunnerOptions;
  readonly vocabulary: number;
  readonly readback: TokenReadback;
  readonly counts: StepCounts = { steps: 0, dispatches: 0, submits: 0 };
  readonly #graph: Graph;
  readonly #logits: Tensor;
  /** The step uniform, which every program and sampler binds. */
  readonly stepBuffer: GPUBuffer;
  #destroyed = false;
  readonly #scratch = new Map<string, Promise<GPUBuffer>>();
  readonly #programs = new Map<Mode, Promise<Program>>();

  private constructor(gpu: Gpu, graph: Graph, logits: Tensor, step: GPUBuffer, options: RunnerOptions) {
    this.gpu = gpu;
    this.options = options;
    this.vocabulary = logits.width;
    this.readback = new TokenReadback(gpu.device);
    this.#graph = graph;
    this.#logits = logits;
    this.stepBuffer = step;
  }

  static async create(gpu: Gpu, graph: Graph, logits: Tensor, options: RunnerOptions): Promise<Runner> {
    const runner = new Runner(gpu, graph, logits, await gpu.buffers.allocate('step', 16, 'activations'), options);
    const { compile = options.chunk > 1 ? ['decode', 'prefill'] : ['decode'] } = options;
    await Promise.all(compile.map((mode) => runner.program(mode)));
    return runner;
  }

  program(mode: Mode): Promise<Program> {
    let program = this.#programs.get(mode);
    if (!program) {
      program = this.#compile(mode);
      this.#programs.set(mode, program);
      // What failed for want of memory may be tried again.
      program.catch(() => this.#programs.delete(mode));
    }
    return program;
  }

  /** A program for `captureTensors`, which keeps these tensors of the graph. */
  captureProgram(tensors: readonly Tensor[]): Promise<Program> {
    return this.#compile('score', tensors);
  }

  async #compile(mode: Mode, keep: readonly Tensor[] = []): Promise<Program> {
    const { context, chunk, kv } = this.options;
    const { dispatches, output, kept } = await lower(this.#graph, this.#logits, { mode, target: this.gpu.target, rows: mode === 'decode' ? 1 : chunk, context, kv }, keep);
    return Program.compile(this.gpu, dispatches, output, this.stepBuffer, kept);
  }

  /** Scratch buffers by name, `lengths` in u32, shared by all samplers: nothing in them outlives a step. */
  async scratch(lengths: Readonly<Record<string, number>>): Promise<Record<string, GPUBuffer>> {
    const made = Object.entries(lengths).map(async ([name, length]) => {
      let buffer = this.#scratch.get(name);
      if (!buffer) {
        buffer = this.gpu.buffers.allocate(name, length * 4, 'activations');
        this.#scratch.set(name, buffer);
        buffer.catch(() => this.#scratch.delete(name));
      }
      return [name, await buffer] as const;
    });
    return Object.fromEntries(await Promise.all(made));
  }

  /** The program that reads `count` tokens at once. */
  programFor(count: number): Promise<Program> {
    return this.program(count === 1 ? 'decode' : 'prefill');
  }

  /** What its sequences remember. */
  get states(): readonly StateDeclaration[] {
    return this.#graph.states;
  }

  get stateOptions(): StateOptions {
    const { context, chunk, kv } = this.options;
    return { context, kv, rows: chunk };
  }

  async createSequence(): Promise<Sequence> {
    return new Sequence(await SequenceState.allocate(this.gpu.buffers, this.states, this.stateOptions));
  }

  /**
   * Submits one step over `count` tokens: those given, or the one that the last step sampled. With a sampler it also
   * picks the next token and gives a promise of it; without, and unless the program's output is asked for, nothing beyond the state is computed.
   */
  submit(program: Program, sequence: Sequence, count: number, tokens: Uint32Array<ArrayBuffer> | undefined, sampler: TokenSampler | undefined, output = sampler !== undefined): Promise<number> | undefined {
    if (this.#destroyed) throw new DisposedError('model');
    const { device } = this.gpu;
    const step = { count, position: sequence.position, ...sequence.state.slots };
    if (tokens) device.queue.writeBuffer(sequence.state.tokens, 0, tokens);
    program.writeStep(step);
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    let dispatches = program.encode(pass, sequence.bound(program), step, output);
    if (sampler) dispatches += sampler.encode(pass, program, step);
    pass.end();
    const read = sampler && this.readback.copy(encoder, sampler.sampled, sampler.offset(step));
    device.queue.submit([encoder.finish()]);
    sequence.state.advance(count);
    this.counts.steps++;
    this.counts.dispatches += dispatches;
    this.counts.submits++;
    return read?.();
  }

  /** Makes the sequence forget what its state read after `position`. */
  cut(sequence: Sequence, position: number): void {
    this.record((encoder) => sequence.state.cut(position, encoder));
  }

  /** Submits what is recorded: copies and the like, between steps. */
  record(commands: (encoder: GPUCommandEncoder) => void): void {
    if (this.#destroyed) throw new DisposedError('model');
    const encoder = this.gpu.device.createCommandEncoder();
    commands(encoder);
    this.gpu.device.queue.submit([encoder.finish()]);
  }

  /** Frees everything of the model, weights and sequences included. Steps that are asked for later throw. */
  destroy(): void {
    this.#destroyed = true;
    this.readback.destroy();
    this.gpu.destroy();
  }
}
