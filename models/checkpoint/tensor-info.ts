import type { StoredAs } from './stored-as.ts';

/** Where a tensor is and what it holds. */
export interface TensorInfo {
  /** As on the Hub. */
  readonly name: string;
  /** A safetensors dtype or, in a file of llama.cpp or rwkv.cpp, the name of a ggml type; it may be one that is not understood, which matters once the tensor is read. */
  readonly dtype: string;
  /** Row-major, as the file has it; empty for a single number. */
  readonly shape: readonly number[];
  readonly byteLength: number;
  /** Path of its file inside the checkpoint. */
  readonly file: string;
  /** Of its first byte, from the start of that file. */
  readonly offset: number;
  /** How it differs from the Hub's tensor of this name; absent where it does not. */
  readonly stored?: StoredAs;
}
