import { uniform } from '../../../shaders/random.ts';
import type { BlockCodec } from './block-codec.ts';
import { BF16, F16, F32 } from './float-codecs.ts';
import { MXFP4, NVFP4 } from './fp4-codecs.ts';
import { GGML_TYPES, ggmlBytes, type GgmlTypeName } from './ggml-types.ts';
import { Q2_K, Q3_K, Q4_K, Q5_K, Q6_K } from './k-codecs.ts';
import { IQ4_NL, IQ4_XS } from './nonlinear-codecs.ts';
import { Q4_0, Q4_1, Q5_0, Q5_1, Q8_0 } from './simple-codecs.ts';

const CODECS: Readonly<Record<GgmlTypeName, BlockCodec>> = { F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_NL, IQ4_XS, MXFP4, NVFP4 };

/** Elements that a codec is given at a time: a block's, or all where they do not depend on each other. */
const portion = (type: GgmlTypeName, all: number): number => (GGML_TYPES[type].elements === 1 ? all : GGML_TYPES[type].elements);

/** Whole blocks of these values: simple quantisers with the right layout, not ggml's search for the best scales. */
export function encodeBlocks(type: GgmlTypeName, values: Float32Array): Uint8Array<ArrayBuffer> {
  const blocks = new Uint8Array(ggmlBytes(type, values.length));
  const step = portion(type, values.length);
  for (let i = 0; i < values.length; i += step) blocks.set(CODECS[type].encode(values.subarray(i, i + step)), ggmlBytes(type, i));
  return blocks;
}

/** What the blocks hold, bit for bit what ggml's `dequantize_row_*` gives (`BlockCodec` says with which roundings). */
export function decodeBlocks(type: GgmlTypeName, blocks: Uint8Array): Float32Array<ArrayBuffer> {
  const { elements, bytes } = GGML_TYPES[type];
  if (blocks.length % bytes !== 0) throw new Error(`${blocks.length} bytes are no whole blocks of ${type}`);
  const values = new Float32Array((blocks.length / bytes) * elements);
  const step = portion(type, values.length);
  for (let i = 0; i < values.length; i += step) values.set(CODECS[type].decode(new DataView(blocks.buffer, blocks.byteOffset + ggmlBytes(type, i), ggmlBytes(type, step))), i);
  return values;
}

/** `count` blocks of arbitrary bytes whose scales are finite: with enough of them, every code and every bit of a scale occurs. */
export function randomBlocks(type: GgmlTypeName, count: number, seed: number): Uint8Array<ArrayBuffer> {
  const next = uniform(seed);
  const { bytes } = GGML_TYPES[type];
  const blocks = new Uint8Array(count * bytes).map(() => Math.floor(next() * 256));
  for (let i = 0; i < count; i++) CODECS[type].tame(new DataView(blocks.buffer, i * bytes, bytes));
  return blocks;
}
