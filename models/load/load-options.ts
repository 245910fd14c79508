import type { KvFormat } from '../../shaders/kv/kv-format.ts';

export type Quantization = 'none' | 'int8' | 'int4' | 'fp8';

/**
 * Where a checkpoint is: a Hub id (`org/name`, `org/name@revision`), the URL of a folder (`https://…/`), the same spelt out,
 * or the files of a local folder. Or a GGUF file: `org/name/file.gguf`, its URL, `{ hub, file }`, or the local file; of a
 * split model any one of its files, of a local one all. A file of rwkv.cpp (.bin) likewise.
 */
export type ModelSource =
  | string
  | { readonly hub: string; readonly file?: string; readonly revision?: string; readonly token?: string }
  | { readonly url: string }
  | File
  | readonly File[];

export interface LoadProgress {
  readonly phase: 'config' | 'tokenizer' | 'weights' | 'compile' | 'ready';
  /** Weight bytes read so far and in all; both 0 before the plan is known. */
  readonly loadedBytes: number;
  readonly totalBytes: number;
}

export interface LoadOptions {
  /** Quantises linear weights while loading. Default: `none`. */
  readonly quantize?: Quantization;
  /** The same for the embedding and output matrix. Default: `int8` where `quantize` is `int4`, else as `quantize`. */
  readonly quantizeEmbeddings?: Quantization;
  /** Storage of unquantised weights, and of the KV cache where `kvCache` says nothing else. Default: `f16`. */
  readonly precision?: 'f16' | 'f32';
  /** Storage of the KV cache: `int8` takes 9 bits an element, `int4` 5. Recurrent states are always f32. Default: as `precision`. */
  readonly kvCache?: KvFormat;
  /** Tokens a conversation can hold. Default: the model's own maximum, at most 4,096; of a model without attention any number, since its state does not grow. */
  readonly contextLength?: number;
  /** Most prompt tokens read in one step. Default: 512. */
  readonly prefillChunk?: number;
  /** GPU memory for the states of `cachePrefix`. Default: 256 MiB. */
  readonly prefixCacheBytes?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: LoadProgress) => void;
}
