import { TokenizerError } from '../../errors/tokenizer-error.ts';
import { parseJson } from '../../json/parse-json.ts';
import { readText } from '../../json/read-text.ts';
import type { Source } from '../../sources/source.ts';
import type { GgufMetadata } from '../metadata.ts';
import { ggufTokenizer, type GgufTokenizer } from './gguf-tokenizer.ts';

type JsonFiles = (path: string, signal?: AbortSignal) => Promise<unknown>;

/**
 * The JSON files about text that the Hub keeps beside weights, made from a GGUF file's metadata. Where those have no tokenizer, or one
 * that cannot be expressed here, the files of the same folder are taken if there is a tokenizer.json among them.
 *
 * @param path of the GGUF file inside its source.
 */
export function textFiles(metadata: GgufMetadata, source: Source, path: string): JsonFiles {
  const beside: JsonFiles = async (name, signal) => {
    const file = await source.open(path.slice(0, path.lastIndexOf('/') + 1) + name, signal);
    return file && parseJson(await readText(file, signal), name);
  };
  let made: { readonly tokenizer: GgufTokenizer | undefined; readonly error?: TokenizerError } | undefined;
  return async (name, signal) => {
    if (name !== 'tokenizer.json' && name !== 'tokenizer_config.json') return undefined;
    made ??= make(metadata, path);
    if (made.tokenizer) return name === 'tokenizer.json' ? made.tokenizer.tokenizerJson : made.tokenizer.tokenizerConfig;
    const found = await beside(name, signal);
    // The config is a companion of tokenizer.json, which is the one that must be there.
    if (found === undefined && name === 'tokenizer.json' && made.error) throw made.error;
    return found;
  };
}

function make(metadata: GgufMetadata, file: string): { readonly tokenizer: GgufTokenizer | undefined; readonly error?: TokenizerError } {
  try {
    return { tokenizer: ggufTokenizer(metadata, file) };
  } catch (error) {
    if (!(error instanceof TokenizerError)) throw error;
    return { tokenizer: undefined, error };
  }
}
