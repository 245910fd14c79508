/** Numbers of one type, in the order of the file. 64-bit integers become plain numbers: one that a number cannot hold is refused. */
export type MetadataNumbers = Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | Float32Array | Float64Array;

/** A value of a GGUF file's metadata. Arrays of numbers are typed arrays (64-bit ones `Float64Array`), all others plain ones. */
export type MetadataValue = number | boolean | string | MetadataNumbers | readonly MetadataValue[];

/** A GGUF file's metadata by key, such as `general.architecture`, in the order of the file. */
export type GgufMetadata = ReadonlyMap<string, MetadataValue>;
