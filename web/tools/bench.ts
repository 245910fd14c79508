import { Gpu } from '../../engine/gpu/device.ts';
import { measureFloor, type Floor } from '../../engine/gpu/floor.ts';
import { generateTokens } from '../../engine/schedule/generate-tokens.ts';
import type { Runner } from '../../engine/schedule/runner.ts';
import { Sampler } from '../../engine/schedule/sampler.ts';
import { InvalidOptionError } from '../../engine/errors/invalid-option-error.ts';
import { resolveSampling } from '../../engine/sampling/resolve-sampling.ts';
import { bytesPerRow, describeFormat, WEIGHT_FORMATS } from '../../shaders/dequant/formats.ts';
import type { WeightFormat } from '../../shaders/dequant/weight-format.ts';
import { KV_FORMATS, type KvFormat } from '../../shaders/kv/kv-format.ts';
import { KV_LAYOUTS } from '../../shaders/kv/kv-layouts.ts';
import { uniform } from '../../shaders/random.ts';
import { parseModel } from '../../models/architectures/parse-model.ts';
import { ConfigReader } from '../../models/config/config-reader.ts';
import { createRunner } from '../../models/runtime/create-runner.ts';
import { collectSpecs } from '../../models/weights/plan.ts';
import { randomWeights } from '../../models/weights/random-weights.ts';
import type { MatrixRole } from '../../models/weights/spec.ts';
import { benchPrefix, prefixContext, QUESTION, type PrefixTimes } from './bench-prefix.ts';
import { canProfile, profile, type ProfiledStep, type StepProfile } from './profile.ts';
import { shapes } from './shapes.ts';

export interface BenchOptions {
  /** Key of `shapes`. */
  readonly shape: string;
  readonly format: WeightFormat;
  readonly kv: KvFormat;
  /** Tokens in the state when the timed decoding begins. */
  readonly context: number;
  /** Tokens that are decoded and timed. */
  readonly tokens: number;
  /** Prompt lengths whose prefill is timed. */
  readonly prefills: readonly number[];
  readonly chunk: number;
  /** Length of a prefix with which and without which the first token is timed. */
  readonly prefix?: number | undefined;
  /** Time each kernel afterwards, in steps of their own. */
  readonly profile?: boolean;
}

export interface BenchResult {
  readonly shape: string;
  readonly format: WeightFormat;
  readonly kv: KvFormat;
  readonly adapter: string;
  readonly context: number;
  readonly decodeTokensPerSecond: number;
  readonly dispatchesPerToken: number;
  readonly submitsPerToken: number;
  readonly prefill: readonly { readonly tokens: number; readonly tokensPerSecond: number }[];
  /** Milliseconds that this GPU needs at least for a token's weight bytes, and for its number of dispatches. */
  readonly floor: { readonly weightBytes: number; readonly readGBps: number; readonly dispatchUs: number; readonly readMs: number; readonly dispatchMs: number; readonly tokensPerSecond: number };
  readonly memoryMB: number;
  readonly prefix?: PrefixTimes;
  /** Where it was asked for and the adapter has `timestamp-query`. */
  readonly profile?: readonly StepProfile[];
}

/** Runs a shape with random weights and measures decode, prefill and the floor, all in this page. Throws `InvalidOptionError`. */
export async function bench(options: BenchOptions): Promise<BenchResult> {
  if (!Object.hasOwn(shapes, options.shape)) throw new InvalidOptionError('shape', options.shape, `one of ${Object.keys(shapes).join(', ')}`);
  checkFormat(options.format);
  if (!KV_FORMATS.includes(options.kv)) throw new InvalidOptionError('kv', options.kv, `one of ${KV_FORMATS.join(', ')}`);
  const config = shapes[options.shape];
  const reader = new ConfigReader(config, options.shape);
  const model = await parseModel(reader);
  const context = Math.max(options.context + options.tokens, ...options.prefills, prefixContext(options.prefix ?? 0)) + 1;
  const formatOf = (role: MatrixRole): WeightFormat => (role === 'dense' ? 'f16' : options.format);

  const gpu = await Gpu.request();
  try {
    const specs = model.weights(context);
    const weightBytes = bytesRead(specs, formatOf);
    const floor = await measureFloor(gpu);
    const runner = await createRunner(gpu, model, specs, await randomWeights(gpu, specs, formatOf), { context, chunk: Math.min(options.chunk, context), kv: KV_LAYOUTS[options.kv] });
    await decode(runner, options.context, Math.min(32, options.tokens));
    const rounds = [];
    for (let i = 0; i < ROUNDS; i++) rounds.push(await decode(runner, options.context, options.tokens));
    const [decoded] = rounds.sort((a, b) => b.decodeTokensPerSecond - a.decodeTokensPerSecond).slice(ROUNDS >> 1);
    const prefill = [];
    for (const tokens of options.prefills) {
      await prefillSeconds(runner, tokens);
      prefill.push({ tokens, tokensPerSecond: round(tokens / (await prefillSeconds(runner, tokens))) });
    }
    const prefix = options.prefix === undefined ? undefined : await benchPrefix(runner, options.prefix);
    const profiles = options.profile && canProfile(runner) ? await profile(runner, profiledSteps(options)) : undefined;
    gpu.check();
    return {
      shape: options.shape,
      format: options.format,
      kv: options.kv,
      adapter: gpu.adapterName,
      context: options.context,
      ...decoded,
      prefill,
      floor: describeFloor(floor, weightBytes, decoded.dispatchesPerToken),
      ...(prefix && { prefix }),
      ...(profiles && { profile: profiles }),
    };
  } finally {
    gpu.destroy();
  }
}

/** A token, a prompt's first chunk, and a question after a prefix where one is timed. */
function profiledSteps({ context, prefills, chunk, prefix }: BenchOptions): ProfiledStep[] {
  const first = Math.min(chunk, Math.max(...prefills));
  return [
    { tokens: 1, position: context },
    ...(first > 1 ? [{ tokens: first, position: 0 }] : []),
    ...(prefix === undefined ? [] : [{ tokens: Math.min(chunk, QUESTION), position: prefix }]),
  ];
}

function checkFormat(format: WeightFormat): void {
  try {
    describeFormat(format);
  } catch {
    throw new InvalidOptionError('format', format, `one of ${WEIGHT_FORMATS.join(', ')}, or codes, scale and group as in int4:f16:128`);
  }
}

/** Timed runs of which the median is reported: a shared host is never quite still. */
const ROUNDS = 5;

const round = (value: number): number => Number(value.toPrecision(4));

/** A token reads every matrix once; of the embedding, which is the output matrix too, the output reads all. */
function bytesRead(specs: object, formatOf: (role: MatrixRole) => WeightFormat): number {
  return collectSpecs(specs).reduce((sum, spec) => sum + (spec.kind === 'matrix' ? spec.outputs * bytesPerRow(formatOf(spec.role), spec.inputs) : 0), 0);
}

function describeFloor(floor: Floor, weightBytes: number, dispatches: number): BenchResult['floor'] {
  const readMs = (weightBytes / floor.readBytesPerSecond) * 1000;
  const dispatchMs = dispatches * floor.dispatchMs;
  return {
    weightBytes,
    readGBps: round(floor.readBytesPerSecond / 1e9),
    dispatchUs: round(floor.dispatchMs * 1000),
    readMs: round(readMs),
    dispatchMs: round(dispatchMs),
    tokensPerSecond: round(1000 / Math.max(readMs, dispatchMs)),
  };
}

function randomTokens(runner: Runner, count: number): number[] {
  const next = uniform(2);
  return Array.from({ length: count }, () => Math.floor(next() * runner.vocabulary));
}

/** The same path that a page takes: greedy, tokens read back late. */
async function decode(runner: Runner, context: number, tokens: number): Promise<Pick<BenchResult, 'decodeTokensPerSecond' | 'dispatchesPerToken' | 'submitsPerToken' | 'memoryMB'>> {
  const sequence = await runner.createSequence();
  sequence.tokens.push(...randomTokens(runner, context));
  const sampler = await Sampler.create(runner, resolveSampling({ temperature: 0 }, undefined), sequence);
  let first = 0;
  let before = { ...runner.counts };
  let count = 0;
  for await (const _ of generateTokens(runner, sequence, sampler, { maxTokens: tokens + 1, stopTokens: new Set() })) {
    if (count++ > 0) continue;
    first = performance.now();
    before = { ...runner.counts };
  }
  const seconds = (performance.now() - first) / 1000;
  const steps = runner.counts.steps - before.steps;
  const { buffers } = runner.gpu;
  const memoryMB = round((buffers.bytes('weights') + buffers.bytes('state') + buffers.bytes('activations')) / 1e6);
  sampler.destroy();
  sequence.state.destroy();
  return {
    decodeTokensPerSecond: round((count - 1) / seconds),
    dispatchesPerToken: round((runner.counts.dispatches - before.dispatches) / steps),
    submitsPerToken: round((runner.counts.submits - before.submits) / steps),
    memoryMB,
  };
}

async function prefillSeconds(runner: Runner, tokens: number): Promise<number> {
  const sequence = await runner.createSequence();
  sequence.tokens.push(...randomTokens(runner, tokens));
  const sampler = await Sampler.create(runner, resolveSampling({ temperature: 0 }, undefined), sequence);
  await runner.gpu.device.queue.onSubmittedWorkDone();
  const start = performance.now();
  for await (const _ of generateTokens(runner, sequence, sampler, { maxTokens: 1, stopTokens: new Set() })) break;
  const seconds = (performance.now() - start) / 1000;
  sampler.destroy();
  sequence.state.destroy();
  return seconds;
}
