import { loadModel, type GenerateOptions, type LoadOptions, type LoadProgress, type Model, type ModelSource, type Usage } from '../../index.ts';
import { toWire, type WireError } from '../worker/wire-error.ts';

export interface GenerateTextInput {
  /** A Hub id, or the address of a folder or file, which may be relative to the page. */
  readonly source: string | { readonly url: string };
  /** A text, or token ids, which are then what is emitted too. */
  readonly prompt: string | { readonly tokens: readonly number[] };
  /** Send a text as a user's message through the chat template. */
  readonly chat: boolean;
  readonly load: Pick<LoadOptions, 'quantize' | 'kvCache'>;
  readonly options: GenerateOptions;
}

export type GenerateMessage = { readonly progress: Pick<LoadProgress, 'phase'> & { readonly percent: number } } | { readonly text: string };

export type GenerateResult = { readonly finishReason: string; readonly usage: Usage; readonly memory: number } | { readonly error: WireError };

/** Loads a model and emits its text as it comes. */
export async function generateText({ source, prompt, chat, load, options }: GenerateTextInput, emit: (message: GenerateMessage) => Promise<void>): Promise<GenerateResult> {
  let model: Model | undefined;
  try {
    const where: ModelSource = typeof source === 'string' ? source : { url: new URL(source.url, location.href).href };
    model = await loadModel(where, { ...load, onProgress: progressReporter(emit) });
    for await (const event of model.generate(chat && typeof prompt === 'string' ? [{ role: 'user', content: prompt }] : prompt, options)) {
      if (event.type === 'text-delta') await emit({ text: typeof prompt === 'string' ? event.text : event.tokenIds.map((id) => `${id} `).join('') });
      if (event.type === 'text-end') return { finishReason: event.finishReason, usage: event.usage, memory: model.memory.total };
    }
    throw new Error('the text had no end');
  } catch (error) {
    return { error: toWire(error) };
  } finally {
    model?.dispose();
  }
}

/** Reports a new phase and each whole percent, rather than each piece of a download. */
function progressReporter(emit: (message: GenerateMessage) => Promise<void>): (progress: LoadProgress) => void {
  let last = '';
  return ({ phase, loadedBytes, totalBytes }) => {
    const percent = totalBytes === 0 ? 0 : Math.floor((100 * loadedBytes) / totalBytes);
    if (last === `${phase} ${percent}`) return;
    last = `${phase} ${percent}`;
    void emit({ progress: { phase, percent } });
  };
}
