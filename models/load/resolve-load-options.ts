import { InvalidOptionError } from '../../engine/errors/invalid-option-error.ts';
import { KV_FORMATS, type KvFormat } from '../../shaders/kv/kv-format.ts';
import type { LoadOptions, Quantization } from './load-options.ts';

const QUANTIZATIONS: readonly Quantization[] = ['none', 'int8', 'int4', 'fp8'];

export interface ResolvedLoadOptions {
  readonly quantize: Quantization;
  readonly quantizeEmbeddings: Quantization;
  readonly precision: 'f16' | 'f32';
  readonly kvCache: KvFormat;
  readonly contextLength: number | undefined;
  readonly prefillChunk: number;
  readonly prefixCacheBytes: number;
}

/** Fills in defaults. Throws `InvalidOptionError` naming the option. */
export function resolveLoadOptions(options: LoadOptions): ResolvedLoadOptions {
  const quantize = oneOf('quantize', options.quantize ?? 'none', QUANTIZATIONS);
  const precision = oneOf('precision', options.precision ?? 'f16', ['f16', 'f32']);
  return {
    quantize,
    // Logits come straight from the output matrix: it suffers most from 4 bits.
    quantizeEmbeddings: oneOf('quantizeEmbeddings', options.quantizeEmbeddings ?? (quantize === 'int4' ? 'int8' : quantize), QUANTIZATIONS),
    precision,
    kvCache: oneOf('kvCache', options.kvCache ?? precision, KV_FORMATS),
    contextLength: options.contextLength === undefined ? undefined : positive('contextLength', options.contextLength),
    prefillChunk: positive('prefillChunk', options.prefillChunk ?? 512),
    prefixCacheBytes: positive('prefixCacheBytes', options.prefixCacheBytes ?? 2 ** 28),
  };
}

function oneOf<T extends string>(option: string, value: T, values: readonly T[]): T {
  if (!values.includes(value)) throw new InvalidOptionError(option, value, `one of ${values.join(', ')}`);
  return value;
}

function positive(option: string, value: number): number {
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidOptionError(option, value, 'a positive whole number');
  return value;
}
