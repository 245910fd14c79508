import type { GgufMetadata } from './metadata.ts';

/**
 * What the Hub keeps in a JSON file beside the weights. Undefined where a GGUF file says nothing of the kind.
 *
 * TO BE JOINED: `ggufTokenizer(metadata, file)` of './text/gguf-tokenizer.ts' gives { tokenizerJson, tokenizerConfig },
 * which belong under 'tokenizer.json' and 'tokenizer_config.json' here. Until then a GGUF file runs on token ids alone.
 */
export function textFile(metadata: GgufMetadata, file: string, path: string): unknown {
  void metadata;
  void file;
  void path;
  return undefined;
}
