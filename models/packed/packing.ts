import type { FormatDescription } from '../../shaders/dequant/weight-format.ts';
import type { PlaneName } from '../../shaders/dequant/plane.ts';
import type { TensorInfo } from '../checkpoint/tensor-info.ts';

/** A weight [rows, inputs] that the model wants, as a module of the checkpoint; the rows of experts follow each other. */
export interface PackedModule {
  /** As the checkpoint spells it: `model.layers.0.mlp.up_proj`. */
  readonly name: string;
  readonly rows: number;
  readonly inputs: number;
  /** On the Hub the plain weight is [inputs, rows], as GPT-2's Conv1D has it. */
  readonly transposed?: boolean;
  /** The module's tensors by what follows its name: `.qweight`, `_blocks`. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** What the model multiplies each row by. */
  readonly factorOf?: ((row: number) => number) | undefined;
}

/** Bytes of rows `first` … `first + count` of some planes of a weight, from all the bytes of one tensor. */
export type RowConverter = (bytes: Uint8Array<ArrayBuffer>, first: number, count: number) => Readonly<Partial<Record<PlaneName, Uint8Array<ArrayBuffer>>>>;

/** How a packed weight becomes planes on the GPU. */
export interface PackedLayout {
  readonly format: FormatDescription;
  /** Input k of the packed weight is column `order[k]` of its activations, [inputs]. */
  readonly order?: Uint32Array<ArrayBuffer>;
  /** By suffix. Each plane of the format comes from one tensor; tensors that are not listed are not read. */
  readonly converters: ReadonlyMap<string, RowConverter>;
}

/** A packed weight whose tensors have been checked. */
export interface PackedWeight {
  /** Suffixes of small tensors that are read before the others, which cannot be understood without them. */
  readonly early: readonly string[];
  /** `early` holds those tensors' bytes by suffix. Throws `CheckpointError` naming the tensor. */
  readonly layout: (early: ReadonlyMap<string, Uint8Array<ArrayBuffer>>) => PackedLayout;
}

/** How a checkpoint stores its linear weights: its `quantization_config`. */
export interface Packing {
  /**
   * What to make of a module. `undefined`: the config leaves it alone, so its weight is stored as plain numbers. Throws
   * `CheckpointError` naming the tensor where one is missing or has another shape or dtype than the config asks for, and
   * `UnsupportedQuantizationError` for a scheme that is not understood.
   */
  readonly module: (module: PackedModule) => PackedWeight | undefined;
}
