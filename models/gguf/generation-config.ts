import type { JsonObject } from '../checkpoint/checkpoint.ts';
import { ConfigReader } from '../config/config-reader.ts';
import type { GgufMetadata } from './metadata.ts';
import { shortestFloat } from './shortest-float.ts';
import { ggufStopTokens } from './text/stop-tokens.ts';

/** The Hub's names of what a model's makers recommend (`general.sampling` in gguf-py/gguf/constants.py). */
const SAMPLING: Readonly<Record<string, string>> = {
  'general.sampling.temp': 'temperature',
  'general.sampling.top_k': 'top_k',
  'general.sampling.top_p': 'top_p',
  'general.sampling.min_p': 'min_p',
  'general.sampling.penalty_repeat': 'repetition_penalty',
};

/** What the Hub keeps in generation_config.json. Throws `ConfigError`, `TokenizerError` naming the file's key. */
export function generationConfig(metadata: GgufMetadata, file: string): JsonObject {
  const keys = new ConfigReader(Object.fromEntries([...metadata].filter(([key]) => Object.hasOwn(SAMPLING, key) || key === BOS)), file);
  const sampling = Object.entries(SAMPLING).map(([key, name]) => [name, keys.optionalNumber(key)] as const).filter(([, value]) => value !== undefined);
  const bos = keys.optionalInteger(BOS);
  return {
    ...(bos !== undefined && { bos_token_id: bos }),
    eos_token_id: ggufStopTokens(metadata, file),
    ...Object.fromEntries(sampling.map(([name, value]) => [name, shortestFloat(Number(value))])),
    // A file has a temperature where the Hub's config has one, which counts there with `do_sample` alone.
    ...(keys.has('general.sampling.temp') && { do_sample: true }),
  };
}

const BOS = 'tokenizer.ggml.bos_token_id';
