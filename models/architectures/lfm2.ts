import type { ConfigReader } from '../config/config-reader.ts';
import { register } from './architecture.ts';
import { lfm2Config, lfm2Forward, lfm2Name, lfm2Scalings, lfm2Weights, type Lfm2Config } from './lfm2-hybrid.ts';

/** Unless the config says otherwise two thirds of the size that it gives, times a multiplier, rounded up. A multiplier of null also leaves out the rounding. */
function mlpWidth(c: ConfigReader): number {
  const size = c.integer(c.has('block_ff_dim') ? 'block_ff_dim' : 'intermediate_size', { min: 1, default: 12_288 });
  if (!c.boolean('block_auto_adjust_ff_dim', { default: true })) return size;
  const adjusted = Math.floor((2 * size) / 3);
  if (c.keys().includes('block_ffn_dim_multiplier') && !c.has('block_ffn_dim_multiplier')) return adjusted;
  const multiple = c.integer('block_multiple_of', { min: 1, default: 256 });
  return multiple * Math.ceil(Math.floor(c.number('block_ffn_dim_multiplier', { min: 0, default: 1 }) * adjusted) / multiple);
}

function mlps(c: ConfigReader, layers: number): number[] {
  const width = mlpWidth(c);
  return Array.from({ length: layers }, () => width);
}

const parse = (c: ConfigReader): Lfm2Config => lfm2Config(c, { mlps, hiddenSize: 2560 });

/** LFM2 (Liquid AI 2025, arXiv:2511.23404): gated short convolutions with a few layers of attention; also the text part of `lfm2_vl`. */
export const lfm2 = register({ parse, weights: lfm2Weights, canonicalName: lfm2Name, scalings: lfm2Scalings, forward: lfm2Forward });
