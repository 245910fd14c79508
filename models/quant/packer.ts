/** Packs rows [rows, inputs] of a weight into a format's planes; throws `UnpackableWeightError`. */
export type Packer = (values: Float32Array, rows: number, inputs: number) => Record<string, Uint8Array<ArrayBuffer>>;
