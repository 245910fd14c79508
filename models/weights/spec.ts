import type { Vector, Weight } from '../../engine/ops/weight.ts';

/**
 * What a matrix is for decides how it may be stored: `linear` follows `quantize`, `embedding` has its own choice,
 * `dense` (gates, routers) is never quantised.
 */
export type MatrixRole = 'linear' | 'embedding' | 'dense';

/** One tensor of the checkpoint that fills rows `start`, `start + stride`, … of a matrix. */
export interface MatrixPart {
  readonly name: string;
  readonly rows: number;
  readonly start: number;
  readonly stride: number;
  /** Stored [inputs, outputs]. */
  readonly transposed: boolean;
  /** The tensor holds as many such matrices, [experts, rows, inputs] or transposed [experts, inputs, rows], whose rows follow each other. */
  readonly experts?: number;
  /** A permutation of `rows`: row i of the tensor, or of each of its experts, is row order[i] of the part. Absent: the same. See `row-orders.ts`. */
  readonly order?: Uint32Array;
  /** The tensor has these columns of the matrix alone, [rows, count]; the others are zero. Not for packed weights. */
  readonly columns?: { readonly start: number; readonly count: number };
  /** What the tensor, or each row of it, is multiplied by: a config's multiplier. */
  readonly factor?: number | ((row: number) => number);
}

/** A matrix [outputs, inputs] as the kernels want it, and the tensors it is made from. */
export interface MatrixSpec {
  readonly kind: 'matrix';
  readonly label: string;
  readonly role: MatrixRole;
  readonly outputs: number;
  readonly inputs: number;
  readonly parts: readonly MatrixPart[];
  /** The rows belong to as many experts in equal shares, and where they are split over several buffers, no expert is. */
  readonly experts?: number;
}

/** One tensor of the checkpoint that becomes elements `offset`, `offset + stride`, … of a vector, each through `map`, which also learns its place in the tensor. */
export interface VectorPart {
  readonly name: string;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly stride: number;
  /** A permutation of the tensor's elements: its i-th is the order[i]-th of the part. Absent: the same. */
  readonly order?: Uint32Array;
  readonly map?: (value: number, index: number) => number;
  /** Of the tensor as a whole, to as many numbers, before `map`: where an element depends on others. */
  readonly whole?: (values: Float64Array) => Float64Array;
}

/** A small f32 parameter: parts of the checkpoint, or `values` computed on the host. */
export interface VectorSpec {
  readonly kind: 'vector';
  readonly label: string;
  readonly length: number;
  readonly parts: readonly VectorPart[];
  /** Other ways in which checkpoints cut it into tensors of the same names: taken where the shapes are those. */
  readonly alternatives?: readonly (readonly VectorPart[])[];
  readonly values?: Float32Array<ArrayBuffer>;
  /** What becomes of all `stored` elements of the parts once they are there, where that is not what they are. */
  readonly made?: { readonly stored: number; readonly from: (values: Float32Array) => Float32Array<ArrayBuffer> };
}

/** A tree of specs with the same tree of things on the GPU in its place. */
export type Loaded<S> = S extends MatrixSpec
  ? Weight
  : S extends VectorSpec
    ? Vector
    : S extends readonly (infer Element)[]
      ? readonly Loaded<Element>[]
      : { readonly [Key in keyof S]: Loaded<S[Key]> };

export interface MatrixOptions {
  readonly role?: MatrixRole;
  /** Stored [inputs, outputs], as GPT-2's Conv1D does. */
  readonly transposed?: boolean;
  /** See `MatrixPart`. */
  readonly order?: Uint32Array | undefined;
}

/** A matrix that is one tensor of the checkpoint. */
export function matrix(name: string, outputs: number, inputs: number, { role = 'linear', transposed = false, order }: MatrixOptions = {}): MatrixSpec {
  return { kind: 'matrix', label: name, role, outputs, inputs, parts: [{ name, rows: outputs, start: 0, stride: 1, transposed, ...(order && { order }) }] };
}

/** Several matrices over the same input, one below the other, so that one dispatch multiplies by all. */
export function stacked(label: string, parts: readonly (readonly [name: string, rows: number])[], inputs: number, role: MatrixRole = 'linear'): MatrixSpec {
  let start = 0;
  const placed = parts.map(([name, rows]): MatrixPart => {
    const part = { name, rows, start, stride: 1, transposed: false };
    start += rows;
    return part;
  });
  return { kind: 'matrix', label, role, outputs: start, inputs, parts: placed };
}

/** Gate and up of a gated MLP with alternating rows, as `gatedMlp` wants them. */
export function interleaved(label: string, gate: string, up: string, rows: number, inputs: number): MatrixSpec {
  const part = (name: string, start: number): MatrixPart => ({ name, rows, start, stride: 2, transposed: false });
  return { kind: 'matrix', label, role: 'linear', outputs: 2 * rows, inputs, parts: [part(gate, 0), part(up, 1)] };
}

/** A vector that is one tensor of the checkpoint, of `shape` (default: [length]), each element through `map`, or all through `whole`. */
export function vector(name: string, length: number, { map, whole, shape = [length], order }: Partial<Pick<VectorPart, 'map' | 'whole' | 'shape' | 'order'>> = {}): VectorSpec {
  return { kind: 'vector', label: name, length, parts: [{ name, shape, offset: 0, stride: 1, ...(order && { order }), ...(map && { map }), ...(whole && { whole }) }] };
}

/** Several vectors one after the other. */
export function concatenated(label: string, parts: readonly VectorSpec[]): VectorSpec {
  let length = 0;
  const placed = parts.flatMap((spec) => {
    const offset = length;
    length += spec.length;
    return spec.parts.map((part) => ({ ...part, offset: offset + part.offset }));
  });
  return { kind: 'vector', label, length, parts: placed };
}

/** Two vectors with alternating elements: the bias of an `interleaved` matrix. */
export function interleavedVector(label: string, gate: string, up: string, length: number): VectorSpec {
  const part = (name: string, offset: number): VectorPart => ({ name, shape: [length], offset, stride: 2 });
  return { kind: 'vector', label, length: 2 * length, parts: [part(gate, 0), part(up, 1)] };
}

/** A vector computed on the host. */
export function computed(label: string, values: Float32Array<ArrayBuffer>): VectorSpec {
  return { kind: 'vector', label, length: values.length, parts: [], values };
}
