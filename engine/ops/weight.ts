import type { WeightFormat } from '../../shaders/dequant/formats.ts';

/** Some rows of a weight: what fits one storage binding. */
export interface WeightChunk {
  readonly rowStart: number;
  readonly rows: number;
  /** GPU buffers by plane name (`quants`, `scales`), rows contiguous. */
  readonly planes: Readonly<Record<string, GPUBuffer>>;
}

/** A matrix [outputs, inputs] in its packed form on the GPU. Only `linear` and `embedding` look inside. */
export interface Weight {
  readonly label: string;
  readonly format: WeightFormat;
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
