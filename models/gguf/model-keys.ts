import { ConfigReader } from '../config/config-reader.ts';
import type { GgufMetadata, MetadataValue } from './metadata.ts';

/** Keys that llama.cpp lets differ by layer; where they do not, one number stands for all. */
const BY_LAYER: ReadonlySet<string> = new Set(['attention.head_count', 'attention.head_count_kv', 'feed_forward_length']);

/** The metadata of one architecture, its keys without the architecture's name. */
export function modelKeys(metadata: GgufMetadata, architecture: string, file: string): ConfigReader {
  const prefix = `${architecture}.`;
  const own = [...metadata].filter(([key]) => key.startsWith(prefix)).map(([key, value]) => [key.slice(prefix.length), value] as const);
  return new ConfigReader(Object.fromEntries(own.map(([key, value]) => [key, plain(key, value)])), file, architecture);
}

function plain(key: string, value: MetadataValue): unknown {
  if (typeof value !== 'object') return value;
  const list: readonly MetadataValue[] = Array.isArray(value) ? value : Array.from(value as Iterable<number>);
  return BY_LAYER.has(key) && list.length > 0 && list.every((element) => element === list[0]) ? list[0] : list;
}
