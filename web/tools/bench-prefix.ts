import type { Runner } from '../../engine/schedule/runner.ts';
import type { Sequence } from '../../engine/schedule/sequence.ts';
import type { Model, Session } from '../../models/model.ts';
import { LoadedModel } from '../../models/runtime/loaded-model.ts';
import { uniform } from '../../shaders/random.ts';

/** Tokens that follow the prefix: a question. */
export const QUESTION = 32;
/** Timed runs of which the median is reported. */
const ROUNDS = 3;

/** Milliseconds, medians but for those that say `First`. */
export interface PrefixTimes {
  readonly tokens: number;
  readonly questionTokens: number;
  /** To the first token of a new session, where all is read, and where the state after the prefix is there. Before each, a run like it that is not counted. */
  readonly readMs: number;
  readonly cachedMs: number;
  /** That uncounted run: nothing has read a prompt in a session before, and nothing has begun from a prefix. Pipelines are compiled with the model, before either. */
  readonly readFirstMs: number;
  readonly cachedFirstMs: number;
  /** To the first token where the session holds the prefix and the question alone is read, and where one token alone is: what is left of `cachedMs` is the session's making. */
  readonly heldMs: number;
  readonly oneMs: number;
  /** The buffers of a new session, and they with all of the state copied into them. */
  readonly buffersMs: number;
  readonly restoreNewMs: number;
  /** Of the state after the prefix. */
  readonly stateMB: number;
  /** A session's snapshot, and its way back into the same session, where no keys and values are copied. */
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
  // Questions differ, so that nothing but the prefix is there already.
  const first = async (): Promise<number> => firstTokenMs(model, [...prefix, ...some(QUESTION)]);
  const readFirstMs = round(await first());
  const readMs = await median(first);
  const { bytes } = await model.cachePrefix({ tokens: prefix });
  const cachedFirstMs = round(await first());
  const cachedMs = await median(first);

  const session = model.createSession();
  await firstTokenMs(session, [...prefix, 1]);
  const snapshot = await session.snapshot();
  const done = (): Promise<undefined> => runner.gpu.wait(runner.gpu.device.queue.onSubmittedWorkDone());
  const timed = async (work: () => Promise<unknown>): Promise<number> => {
    await done();
    const start = performance.now();
    await work();
    await done();
    return performance.now() - start;
  };
  const snapshotMs = await median(() => timed(async () => (await session.snapshot()).dispose()));
  const restoreMs = await median(() => timed(() => session.restore(snapshot)));
  // With the token that the session gave and has not read.
  const held = async (more: number): Promise<number> => {
    await timed(() => session.restore(snapshot));
    return firstTokenMs(session, some(more));
  };
  const heldMs = await median(() => held(QUESTION - 1));
  const oneMs = await median(() => held(0));
  const restoreNewMs = await median(async () => {
    const other = model.createSession();
    const ms = await timed(() => other.restore(snapshot));
    other.dispose();
    return ms;
  });
  snapshot.dispose();
  session.dispose();
  await model.clearPrefixes();
  const buffersMs = await median(async () => {
    const made: Sequence[] = [];
    const ms = await timed(async () => made.push(await runner.createSequence()));
    made.forEach(({ state }) => state.destroy());
    return ms;
  });
  return { tokens, questionTokens: QUESTION, readMs, cachedMs, readFirstMs, cachedFirstMs, heldMs, oneMs, buffersMs, restoreNewMs, stateMB: round(bytes / 1e6), snapshotMs, restoreMs };
}

async function firstTokenMs(from: Pick<Session, 'generate'>, tokens: readonly number[]): Promise<number> {
  for await (const event of from.generate({ tokens }, { maxTokens: 1, temperature: 0 })) if (event.type === 'text-end') return event.usage.timeToFirstTokenMs;
  return NaN;
}

const round = (value: number): number => Number(value.toPrecision(4));

async function median(measure: () => Promise<number>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < ROUNDS; i++) times.push(await measure());
  return round(times.sort((a, b) => a - b)[ROUNDS >> 1]);
}
