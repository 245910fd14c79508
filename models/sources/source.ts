/** Bytes of one file. All offsets are in bytes from its start; `end` is exclusive. */
export interface SourceFile {
  /** Path inside its source. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /**
   * Whether a read costs only its own bytes. Where false (a server that ignores `Range`), every read or stream transfers
   * the file from its start and drops what was not asked for, so a reader should make one pass.
   */
  readonly ranged: boolean;
  /** Exactly bytes `start` to `end`, in a buffer of their own. */
  read(start: number, end: number, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>>;
  /** The same in pieces of any size, none of them empty. Ending the iteration early ends the transfer. */
  stream(start: number, end: number, signal?: AbortSignal): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined>;
}

/** A folder of files somewhere. Aborting rejects with the signal's reason, by default an `AbortError`. */
export interface Source {
  /** For people: a Hub id, a URL or a folder's name. */
  readonly name: string;
  /** Path of the file that was asked for, where it was one: that file, of llama.cpp (.gguf) or rwkv.cpp (.bin), not the folder, is then the checkpoint. */
  readonly single?: string;
  /** `undefined` where there is no such file. `path` uses `/` and no `..`. */
  open(path: string, signal?: AbortSignal): Promise<SourceFile | undefined>;
}
