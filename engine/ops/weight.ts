import type { FormatDescription } from '../../shaders/dequant/weight-format.ts';

/** Some rows of a weight: what has one format and fits one storage binding. */
export interface WeightChunk {
  readonly format: FormatDescription;
  /** Row r of the chunk is row rowStart + r · rowStep of the weight. */
  readonly rowStart: number;
  /** 2 where gate and up of a gated MLP, whose rows alternate, are stored apart: chunks of gate rows come first. */
  readonly rowStep: 1 | 2;
  readonly rows: number;
  /** GPU buffers by plane name (`quants`, `scales`, …), rows contiguous. */
  readonly planes: Readonly<Record<string, GPUBuffer>>;
  /** u32 [inputs, rounded up to blocks of 32]: the column of the activations for each input of the chunk; absent: the same. */
  readonly order?: GPUBuffer;
}

/** A matrix [outputs, inputs] in its packed form on the GPU. Only `linear`, `moe` and the look-ups of embeddings look inside. */
export interface Weight {
  readonly label: string;
  readonly outputs: number;
  readonly inputs: number;
  readonly chunks: readonly WeightChunk[];
}

/** A small f32 parameter on the GPU: norm weight, bias, convolution kernel, gate constants. */
export interface Vector {
  readonly label: string;
  readonly length: number;
  readonly buffer: GPUBuffer;
}
