import { SluiceError } from '../../engine/errors/sluice-error.ts';

/**
 * What is wrong with a checkpoint's files:
 * - `missing-file`, `git-lfs-pointer`, `not-safetensors`, `truncated`: the file itself
 * - `json`, `text-encoding`, `config`, `index`: a text file's contents
 * - `header`, `duplicate-tensor`, `tensor-entry`, `tensor-range`, `tensor-size`, `tensor-overlap`, `tensor-hole`: a header of safetensors, GGUF or rwkv.cpp
 * - `not-gguf`, `gguf-version`, `gguf-split`: a GGUF file, or how several make one model
 * - `not-rwkv`, `rwkv-version`: a file of rwkv.cpp
 * - `missing-tensor`, `tensor-shape`, `unexpected-tensor`, `unsupported-dtype`: what the file has against what the model needs
 * - `tensor-values`: numbers inside a packed weight that no such weight has
 */
export type CheckpointProblem =
  | 'missing-file'
  | 'git-lfs-pointer'
  | 'not-safetensors'
  | 'truncated'
  | 'json'
  | 'text-encoding'
  | 'config'
  | 'index'
  | 'header'
  | 'duplicate-tensor'
  | 'tensor-entry'
  | 'tensor-range'
  | 'tensor-size'
  | 'tensor-overlap'
  | 'tensor-hole'
  | 'not-gguf'
  | 'gguf-version'
  | 'gguf-split'
  | 'not-rwkv'
  | 'rwkv-version'
  | 'missing-tensor'
  | 'tensor-shape'
  | 'unexpected-tensor'
  | 'unsupported-dtype'
  | 'tensor-values';

export interface CheckpointErrorDetails extends ErrorOptions {
  readonly file: string;
  readonly tensor?: string;
}

/** A file of a checkpoint is not what it should be. Loading it again will not help; the file has to change. */
export class CheckpointError extends SluiceError {
  readonly code: `checkpoint/${CheckpointProblem}`;
  /** Path inside the checkpoint. */
  readonly file: string;
  /** The tensor that is at fault, where it is one. */
  readonly tensor: string | undefined;

  constructor(problem: CheckpointProblem, message: string, { file, tensor, ...options }: CheckpointErrorDetails) {
    super(tensor === undefined ? `${file}: ${message}` : `${file}: tensor ${JSON.stringify(tensor)}: ${message}`, options);
    this.code = `checkpoint/${problem}`;
    this.file = file;
    this.tensor = tensor;
  }
}
