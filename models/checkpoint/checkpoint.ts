import type { LoadProgress } from '../load/load-options.ts';
import type { Packing } from '../packed/packing.ts';
import type { TensorInfo } from './tensor-info.ts';

export interface OpenOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called with phase `config` and no bytes: weights are not read yet. */
  readonly onProgress?: ((progress: LoadProgress) => void) | undefined;
  /** Looks at the config before anything else is downloaded; what it rejects with ends the opening. */
  readonly accept?: ((config: JsonObject, file: string) => Promise<void>) | undefined;
}

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called with phase `weights` and the bytes of wanted tensors, as they arrive. */
  readonly onProgress?: ((progress: LoadProgress) => void) | undefined;
  /** Bytes that may be read ahead of the consumer. Default: 64 MiB. */
  readonly window?: number | undefined;
}

export interface LoadedTensor {
  readonly tensor: TensorInfo;
  /** `tensor.byteLength` bytes in a buffer of their own, which is the consumer's to keep or change. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The values of a JSON object, to be checked by whoever reads them. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** A config and weights, of which only the config and the weights' headers have been read. */
export interface Checkpoint {
  readonly name: string;
  /** `config.json`, or what it would be for a GGUF file or one of rwkv.cpp. */
  readonly config: JsonObject;
  /** The file that the config is from, for errors. */
  readonly configFile: string;
  /** `generation_config.json`, likewise. */
  readonly generationConfig: JsonObject | undefined;
  /** How its weights are packed; absent where all are plain numbers. */
  readonly packing: Packing | undefined;
  /** The file that lists the tensors: `model.safetensors`, the index of its shards, or the (first) GGUF file. */
  readonly weightsFile: string;
  /** By their names on the Hub, in file order. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** A UTF-8 file of the folder; `undefined` where there is none. */
  readText(path: string, signal?: AbortSignal): Promise<string | undefined>;
  /** A JSON file of the folder; `undefined` where there is none. */
  readJson(path: string, signal?: AbortSignal): Promise<unknown>;
  /**
   * The tensors of these names in FILE order, each once. Bytes of other tensors are skipped, neighbours come in one
   * transfer, and while the consumer works the next transfer runs. Host memory stays below the largest wanted tensor plus
   * `window`, provided that the consumer lets go of a tensor before it asks for the next. Ending the iteration early
   * ends all transfers.
   *
   * @throws MissingTensorError at once; CheckpointError for a dtype that is not understood; DownloadError, FileReadError.
   */
  read(names: Iterable<string>, options?: ReadOptions): AsyncGenerator<LoadedTensor, void, undefined>;
}
