import { ConfigReader } from '../config/config-reader.ts';
import { CheckpointError } from '../errors/checkpoint-error.ts';
import type { GgufMetadata } from './metadata.ts';

/** A model's place among the files that llama.cpp's gguf-split made of it, counted from 0. */
export interface SplitPlace {
  readonly index: number;
  readonly count: number;
}

const NAME = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/;

/**
 * The paths of all files of the model that this one is part of, in order; itself where it is whole.
 *
 * @throws CheckpointError where name and header disagree; ConfigError
 */
export function splitPaths(path: string, metadata: GgufMetadata): string[] {
  const { index, count } = splitPlace(path, metadata);
  if (count === 1) return [path];
  const match = NAME.exec(path);
  const paths = match ? Array.from({ length: count }, (_, i) => `${match[1]}-${padded(i + 1)}-of-${padded(count)}.gguf`) : [];
  if (paths[index] !== path) {
    throw new CheckpointError('gguf-split', `is file ${index + 1} of ${count} by its header, so its name should end in -${padded(index + 1)}-of-${padded(count)}.gguf; give the files their own names back`, { file: path });
  }
  return paths;
}

/** Throws `ConfigError` where the header's place makes no sense. */
export function splitPlace(file: string, metadata: GgufMetadata): SplitPlace {
  const keys = new ConfigReader({ 'split.count': metadata.get('split.count'), 'split.no': metadata.get('split.no') }, file);
  const count = keys.integer('split.count', { min: 1, max: MOST_FILES, default: 1 });
  return { index: keys.integer('split.no', { max: count - 1, default: 0 }), count };
}

/** What five digits can number. */
const MOST_FILES = 99_999;

const padded = (value: number): string => String(value).padStart(5, '0');
