import type { Runner } from '../../engine/schedule/runner.ts';
import type { Model } from '../../models/model.ts';
import { LoadedModel } from '../../models/runtime/loaded-model.ts';
import { uniform } from '../../shaders/random.ts';

/** Tokens that follow the prefix: a question. */
const QUESTION = 32;
/** Timed runs of which the median is reported. */
const ROUNDS = 3;

/** Milliseconds, medians. */
export interface PrefixTimes {
  readonly tokens: number;
  readonly questionTokens: number;
  /** To the first token where all is read, and where the state after the prefix is there. */
  readonly readMs: number;
  readonly cachedMs: number;
  /** Of the state after the prefix. */
  readonly stateMB: number;
  /** A session's snapshot, and its way back into the same session. */
  readonly snapshotMs: number;
  readonly restoreMs: number;
}

/** Context that `benchPrefix` needs. */
export const prefixContext = (tokens: number): number => tokens + QUESTION + 2;

/** Time to the first token with and without a cached prefix of random tokens, through the way of a page: sessions and `cachePrefix`. */
export async function benchPrefix(runner: Runner, tokens: number): Promise<PrefixTimes> {
  const model: Model = new LoadedModel({
    runner,
    text: { tokenizer: undefined, template: undefined },
    name: 'bench',
    modelType: 'bench',
    parameters: 0,
    generationConfig: undefined,
    stopTokens: new Set(),
    identity: 'bench',
    precision: 'bench',
    prefixCacheBytes: Infinity,
  });
  const next = uniform(3);
  const some = (count: number): number[] => Array.from({ length: count }, () => Math.floor(next() * runner.vocabulary));
  const prefix = some(tokens);
  // A page has compiled everything by its second question.
  const first = async (): Promise<number> => firstTokenMs(model, [...prefix, ...some(QUESTION)]);
  await first();
  const readMs = await median(first);
  const { bytes } = await model.cachePrefix({ tokens: prefix });
  await first();
  const cachedMs = await median(first);

  const session = model.createSession();
  for await (const _ of session.generate({ tokens: [...prefix, 1] }, { maxTokens: 1, temperature: 0 }));
  const done = (): Promise<undefined> => runner.gpu.wait(runner.gpu.device.queue.onSubmittedWorkDone());
  const timed = async (work: () => Promise<unknown>): Promise<number> => {
    await done();
    const start = performance.now();
    await work();
    await done();
    return performance.now() - start;
  };
  const snapshot = await session.snapshot();
  const snapshotMs = await median(() => timed(async () => (await session.snapshot()).dispose()));
  const restoreMs = await median(() => timed(() => session.restore(snapshot)));
  snapshot.dispose();
  session.dispose();
  await model.clearPrefixes();
  return { tokens, questionTokens: QUESTION, readMs, cachedMs, stateMB: round(bytes / 1e6), snapshotMs, restoreMs };
}

async function firstTokenMs(model: Model, tokens: readonly number[]): Promise<number> {
  for await (const event of model.generate({ tokens }, { maxTokens: 1, temperature: 0 })) if (event.type === 'text-end') return event.usage.timeToFirstTokenMs;
  return NaN;
}

const round = (value: number): number => Number(value.toPrecision(4));

async function median(measure: () => Promise<number>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < ROUNDS; i++) times.push(await measure());
  return round(times.sort((a, b) => a - b)[ROUNDS >> 1]);
}
