import { loadModel, type FinishReason, type GenerateEvent, type GenerateOptions, type LoadOptions, type Model, type Prompt, type Session, type Usage } from '../../index.ts';
import { uniform } from '../../shaders/random.ts';

const urlOf = (name: string): string => new URL(`/tests/fixtures/${name}/`, location.href).href;

/** A checkpoint of tests/fixtures in f32. */
export const loadFixture = (name: string, options: LoadOptions = {}): Promise<Model> => loadModel({ url: urlOf(name) }, { precision: 'f32', ...options });

/** The same from files, some of whose JSON is changed or added; each change gets what the fixture has there. */
export async function loadChanged(name: string, files: readonly string[], changes: Readonly<Record<string, (json: Record<string, unknown>) => unknown>>, options: LoadOptions = {}): Promise<Model> {
  const made = new Map<string, File>();
  for (const path of files) made.set(path, new File([await (await fetch(urlOf(name) + path)).blob()], path));
  for (const [path, change] of Object.entries(changes)) {
    const json: Record<string, unknown> = JSON.parse((await made.get(path)?.text()) ?? '{}');
    made.set(path, new File([JSON.stringify(change(json))], path));
  }
  return loadModel([...made.values()], { precision: 'f32', ...options });
}

export const STORY_FILES = ['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json'];
export const TOKEN_FILES = ['config.json', 'model.safetensors'];

/** What a generation gave. */
export interface Generated {
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly deltas: readonly string[];
  readonly text: string;
  readonly ids: readonly number[];
  readonly finishReason: FinishReason;
  readonly usage: Usage;
}

/** Runs a generation to its end; greedy and without stop tokens where the options say nothing else. */
export async function run(from: Model | Session, prompt: Prompt, options: GenerateOptions = {}): Promise<Generated> {
  return collect(from.generate(prompt, { temperature: 0, stopTokens: [], ...options }));
}

export async function collect(events: AsyncIterable<GenerateEvent>): Promise<Generated> {
  const all: GenerateEvent[] = [];
  for await (const event of events) all.push(event);
  const [start] = all;
  const end = all.at(-1);
  if (start?.type !== 'text-start' || end?.type !== 'text-end') throw new Error(`began with ${start?.type}, ended with ${end?.type}`);
  const deltas = all.slice(1, -1).map((event) => {
    if (event.type !== 'text-delta') throw new Error(`${event.type} in the middle`);
    return event;
  });
  return {
    promptTokens: start.promptTokens,
    cachedTokens: start.cachedTokens,
    deltas: deltas.map(({ text }) => text),
    text: deltas.map(({ text }) => text).join(''),
    ids: deltas.flatMap(({ tokenIds }) => tokenIds),
    finishReason: end.finishReason,
    usage: end.usage,
  };
}

export function randomTokens(count: number, vocabulary: number, seed: number): number[] {
  const next = uniform(seed);
  return Array.from({ length: count }, () => Math.floor(next() * vocabulary));
}

/** The error that a promise rejects with. */
export async function failure(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
