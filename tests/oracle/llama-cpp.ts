import { LoggerWithoutDebug, LogLevel, Wllama, type LoadModelParams } from '@wllama/wllama/esm/index.js';
import wasm from '@wllama/wllama/esm/wasm/wllama.wasm?url';
import { tokenText } from '../support/gguf/vocabulary.ts';

/** What comes after a text. */
export interface Prediction {
  /** The most likely token. */
  readonly token: number;
  /** By token. Logits but for a constant. */
  readonly logProbabilities: Float32Array;
}

/** One file, or all shards of a model. */
export type GgufFiles = Uint8Array<ArrayBuffer> | readonly Uint8Array<ArrayBuffer>[];

/** On the CPU, in one thread (more need headers that the tests' page lacks), and with keys and values in f32, as our tests have them. */
const PARAMETERS: LoadModelParams = {
  n_ctx: 256,
  n_batch: 256,
  n_threads: 1,
  n_gpu_layers: 0,
  n_parallel: 1,
  flash_attn: false,
  cache_type_k: 'f32',
  cache_type_v: 'f32',
  warmup: false,
  log_level: LogLevel.ERROR,
};

let program: Promise<string> | undefined;

/** The address of llama.cpp's program in this page's memory: nine megabytes, which each of them would fetch anew. */
function programUrl(): Promise<string> {
  program ??= fetch(wasm)
    .then((response) => response.blob())
    .then((blob) => URL.createObjectURL(blob));
  return program;
}

/** Loads the model into a llama.cpp of its own for as long as `use` takes. Throws with what llama.cpp said where it refuses the model. */
async function withModel<T>(gguf: GgufFiles, parameters: LoadModelParams, use: (llama: Wllama) => Promise<T>): Promise<T> {
  const said: unknown[] = [];
  const note = (...parts: readonly unknown[]): void => void said.push(...parts);
  const llama = new Wllama({ default: await programUrl() }, { logger: { ...LoggerWithoutDebug, log: () => {}, warn: note, error: note } });
  // Browsers without its favourite features would get another build of it from the network.
  llama.setCompat(null);
  try {
    await llama.loadModel((gguf instanceof Uint8Array ? [gguf] : gguf).map((bytes) => new Blob([bytes])), { ...PARAMETERS, ...parameters });
    return await use(llama);
  } catch (error) {
    throw new Error(`llama.cpp: ${String(error)}\n${said.join('\n')}`, { cause: error });
  } finally {
    await llama.exit();
  }
}

/** The part of a completion's `logprobs` that is read here: the package's types have an older form. */
interface LogProbabilities {
  readonly content: readonly { readonly id: number; readonly top_logprobs: readonly { readonly id: number; readonly logprob: number }[] }[];
}

/**
 * llama.cpp's own greedy continuation of `prompt` by `count` tokens, with the probabilities of all tokens at each step. The file has to have
 * the `vocabulary` of `support/gguf/`. Throws where the text ends earlier.
 */
export async function llamaPredictions(gguf: GgufFiles, prompt: readonly number[], count: number): Promise<Prediction[]> {
  return await withModel(gguf, {}, async (llama) => {
    const { n_vocab: tokens } = llama.getLoadedContextInfo();
    const { choices, usage } = await llama.createCompletion({ prompt: prompt.map(tokenText).join(''), max_tokens: count, temperature: 0, n_probs: tokens });
    const steps = (choices[0].logprobs as unknown as LogProbabilities).content;
    if (usage.prompt_tokens !== prompt.length) throw new Error(`${prompt.length} tokens of a prompt were read as ${usage.prompt_tokens}`);
    if (steps.length !== count) throw new Error(`the text ended after ${steps.length} tokens`);
    return steps.map(({ id, top_logprobs: all }) => {
      const logProbabilities = new Float32Array(tokens).fill(NaN);
      for (const { id: token, logprob } of all) logProbabilities[token] = logprob;
      if (logProbabilities.some(Number.isNaN)) throw new Error('a token has no probability');
      return { token: id, logProbabilities };
    });
  });
}

/** `llamaPredictions` without the probabilities. */
export async function llamaGreedy(gguf: GgufFiles, prompt: readonly number[], count: number): Promise<number[]> {
  return (await llamaPredictions(gguf, prompt, count)).map(({ token }) => token);
}

/** For each of these tokens alone, what the output matrix would be multiplied by: the final norm of the last layer's output. */
export async function llamaHidden(gguf: GgufFiles, tokens: readonly number[]): Promise<Float32Array[]> {
  return await withModel(gguf, { embeddings: true, pooling_type: 'none' }, async (llama) => {
    const hidden: Float32Array[] = [];
    for (const token of tokens) {
      const { data } = await llama.createEmbedding({ input: [token] });
      hidden.push(Float32Array.from(data[0].embedding as number[]));
    }
    return hidden;
  });
}
