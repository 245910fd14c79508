// Test double of the engine for tests of the user interface alone: it takes the place of web/worker/engine.ts in the
// tests' own server. What a model does follows from the name it is loaded by.
import type { GenerateEvent } from '../../engine/schedule/generate-event.ts';
import type { GenerateOptions } from '../../engine/schedule/generate-options.ts';
import type { LoadOptions, ModelSource } from '../../models/load/load-options.ts';
import type { Model, Prompt } from '../../models/model.ts';

const STORY = ', there was a little girl named Lily. She loved to play outside in the park. One day, she saw a big, red ball. She wanted to play with it, but it was too high.\nLily\'s mom said, "Lily, let\'s go to the park." Lily was sad and didn\'t know what to do. She said, "I want to play with your ball, but I can\'';
const CHAT = '<think>The visitor asks about **rain**.</think>\nRain is *water* that falls from **clouds**:\n\n1. Water rises as vapour.\n2. It cools into `droplets`.\n\n```js\nconst rain = clouds.map((cloud) => cloud.fall());\n```\n\n<img src=x onerror="document.title=\'hacked\'"> That is all.';

class FakeError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = 'FakeError';
    this.code = code;
  }
}

const pause = (ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
    signal?.addEventListener('abort', () => resolve());
  });

export async function loadModel(source: ModelSource, options: LoadOptions): Promise<Model> {
  const name = typeof source === 'string' ? source : Array.isArray(source) ? `files ${options.quantize}: ${source.map((file: File) => file.name).sort().join(' ')}` : 'elsewhere';
  const totalBytes = 1_500_000_000;
  for (let step = 0; step <= 10; step++) {
    options.signal?.throwIfAborted();
    options.onProgress?.({ phase: step === 0 ? 'config' : 'weights', loadedBytes: (totalBytes * step) / 10, totalBytes });
    // A slow load gets nowhere in the end, so that there is always time to look at it.
    await pause(!name.includes('slow') ? 2 : step < 4 ? 400 : 1_000_000, options.signal);
    if (name.includes('missing') && step === 2) throw new FakeError('checkpoint/missing-file', 'https://huggingface.co/fake/missing/resolve/main/config.json answered 404 Not Found');
  }
  return fakeModel(name, options);
}

function fakeModel(name: string, { quantize, kvCache }: LoadOptions): Model {
  const chat = name.includes('chat');
  async function* generate(prompt: Prompt, { maxTokens = Infinity, temperature = 1, signal }: GenerateOptions = {}): AsyncGenerator<GenerateEvent, void, undefined> {
    if (name.includes('full')) throw new FakeError('generate/context-full', 'The prompt has 600 tokens and the context holds 512.');
    if (name.includes('crash')) setTimeout(() => { throw new Error('the fake engine fell over'); });
    const text = name.includes('echo') ? JSON.stringify({ prompt, temperature, quantize, kvCache }) : chat ? CHAT : temperature > 0 ? `${STORY.slice(0, 40)} (told differently)` : STORY;
    const words = text.match(/\s*\S+/g) ?? [];
    yield { type: 'text-start', promptTokens: 5, cachedTokens: 0 };
    let count = 0;
    const endless = name.includes('endless');
    while (count < Math.min(endless ? Infinity : words.length, maxTokens)) {
      await pause(endless ? 60 : 4);
      signal?.throwIfAborted();
      yield { type: 'text-delta', text: words[count % words.length], tokenIds: [count++] };
    }
    yield { type: 'text-end', finishReason: chat ? 'stop-token' : 'length', usage: { promptTokens: 5, cachedTokens: 0, completionTokens: count, timeToFirstTokenMs: 12, tokensPerSecond: 83 } };
  }
  const noState = (): Promise<never> => Promise.reject(new Error('the double has no state'));
  const snapshot = { length: 5, bytes: 1000, dispose: () => {} };
  const memory = { weights: 1_040_000, state: 620_000, activations: 310_000, total: 1_970_000 };
  return {
    name: name.includes('stories260K') ? 'stories260K' : name, modelType: 'llama', parameters: 260_032, contextLength: 512, vocabularySize: 512, hasChatTemplate: chat, logits: () => Promise.reject(new Error('the double has no logits')), memory, generate,
    createSession: () => ({ length: 0, memory: { fixed: 0, growing: 0, allocated: 0 }, generate, snapshot: () => Promise.resolve(snapshot), restore: () => Promise.resolve(), fork: noState, save: noState, load: noState, reset: () => {}, dispose: () => {} }),
    cachePrefix: noState, listPrefixes: noState, clearPrefixes: noState,
    dispose: () => {},
  };
}
