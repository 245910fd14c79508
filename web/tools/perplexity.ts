import { InvalidOptionError, loadModel, PromptError, type LoadOptions } from '../../index.ts';
import { openCheckpoint } from '../../models/checkpoint/open-checkpoint.ts';
import { loadText } from '../../models/text/load-text.ts';
import { toWire, type WireError } from '../worker/wire-error.ts';
import { negativeLogLikelihood, scoreWindows } from './score-windows.ts';

export interface PerplexityInput {
  /** Of the checkpoint's folder; may be relative to the page. */
  readonly url: string;
  readonly name: string;
  readonly text: string;
  readonly load: Pick<LoadOptions, 'quantize' | 'precision'>;
  /** Most tokens of a window; the model's own maximum where that is less. */
  readonly context: number;
  /** Tokens between two windows. Default: half a window. */
  readonly stride?: number;
}

export interface Perplexity {
  readonly model: string;
  /** Of the text, special tokens that the tokenizer adds included. */
  readonly tokens: number;
  readonly context: number;
  readonly stride: number;
  /** Mean negative log-likelihood of a token, in nats. */
  readonly loss: number;
  /** e to the power of the loss. */
  readonly perplexity: number;
  /** Of the weights on the GPU. */
  readonly weightBytes: number;
  readonly ms: number;
}

/** How well a model predicts a text: each token but the first from those before it in its window. */
export async function perplexity({ url, name, text, load, context, stride }: PerplexityInput): Promise<{ readonly result: Perplexity } | { readonly error: WireError }> {
  try {
    return { result: await measure({ url: new URL(url, location.href).href, name, text, load, context, ...(stride !== undefined && { stride }) }) };
  } catch (error) {
    return { error: toWire(error) };
  }
}

async function measure({ url, name, text, load, context: wanted, stride: step }: PerplexityInput): Promise<Perplexity> {
  const begin = performance.now();
  const { tokenizer } = await loadText(await openCheckpoint({ url }), undefined);
  if (!tokenizer) throw new PromptError('This checkpoint has no tokenizer.json, so it cannot read a text.');
  const tokens = tokenizer.encode(text, { addSpecialTokens: true });
  if (tokens.length < 2) throw new InvalidOptionError('text', text, 'a text of at least two tokens');
  const model = await loadModel({ url }, { ...load, contextLength: wanted, compile: ['score'] });
  try {
    const context = model.contextLength;
    const stride = step ?? Math.ceil(context / 2);
    if (stride >= context) throw new InvalidOptionError('stride', stride, `less than the ${context} tokens of a window`);
    const width = model.vocabularySize;
    let sum = 0;
    for (const { start, scored, end } of scoreWindows(tokens.length, context, stride)) {
      const logits = await model.logits(tokens.slice(start, end));
      // The logits of one token are about the next.
      for (let i = scored; i < end; i++) sum += negativeLogLikelihood(logits.subarray((i - 1 - start) * width, (i - start) * width), tokens[i]);
    }
    const loss = sum / (tokens.length - 1);
    return { model: name, tokens: tokens.length, context, stride, loss, perplexity: Math.exp(loss), weightBytes: model.memory.weights, ms: Math.round(performance.now() - begin) };
  } finally {
    model.dispose();
  }
}
