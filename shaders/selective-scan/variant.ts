import sigmoidSource from '../common/sigmoid.wgsl?raw';
import { ceilDiv, f32, roundUp, u32, type Constant } from '../kernel.ts';
import gateNone from './gate-none.wgsl?raw';
import gateSilu from './gate-silu.wgsl?raw';
import normNone from './norm-none.wgsl?raw';
import normRms from './norm-rms.wgsl?raw';

/** Sizes of one selective state space (Mamba-1), as in `jamba`. */
export interface SelectiveScanVariant {
  readonly channels: number;
  /** Elements of a channel's state, N. */
  readonly stateSize: number;
  /** Row length of the tensor that holds B and C. */
  readonly mixStride: number;
  /** Column of B in it; C follows B. */
  readonly mixOffset: number;
  /** Row length of the tensor that holds the gate z, and z's first column in it. Absent: the output has no gate. */
  readonly gate?: { readonly stride: number; readonly offset: number };
  /** B and C of a token go through an RMSNorm each (Jamba); absent: they do not (Mamba). */
  readonly norm?: { readonly eps: number };
}

/** Tokens of a chunk; all chunks of a step run at the same time. */
export const CHUNK = 64;

/** Channels of a workgroup, an invocation each. */
export const WORKGROUP = 64;

/** Floats of B and C in workgroup memory. */
const TILE_FLOATS = 2048;

/** Bound by the invocations' own memory, which holds a channel's state. */
export const MAX_STATE_SIZE = 256;

/** Elements of one slot of the state: [stateSize, channels], so that neighbouring invocations read neighbouring elements. */
export const stateLength = ({ channels, stateSize }: SelectiveScanVariant): number => stateSize * channels;

/** Length of `parameters`: [A = −e^A_log: channels · stateSize | D: channels], then where there are norms the weights [of B: stateSize | of C: stateSize]. */
export const parametersLength = ({ channels, stateSize, norm }: SelectiveScanVariant): number => (stateSize + 1) * channels + (norm ? 2 * stateSize : 0);

/** Length in f32 of what the chunks leave for the scan, for steps of up to `capacity` tokens: [chunks − 1, stateSize + 1, channels]; never 0, so that it can be bound. */
export const carryLength = ({ channels, stateSize }: SelectiveScanVariant, capacity: number): number => Math.max(1, chunksOf(capacity) - 1) * (stateSize + 1) * channels;

export const chunksOf = (count: number): number => ceilDiv(count, CHUNK);

/** Part of the kernels' labels. */
export const variantLabel = ({ channels, stateSize, norm, gate }: SelectiveScanVariant): string => `${channels}x${stateSize}${norm ? '/norm' : ''}${gate ? '/gate' : ''}`;

export const gateSnippets = ({ gate }: SelectiveScanVariant): string[] => (gate ? [sigmoidSource, gateSilu] : [gateNone]);

export const normSnippet = ({ norm }: SelectiveScanVariant): string => (norm ? normRms : normNone);

/** Constants that the kernels share. Throws `RangeError` for sizes that they cannot take. */
export function variantConstants({ channels, stateSize, mixStride, mixOffset, norm }: SelectiveScanVariant): Record<string, Constant> {
  if (stateSize > MAX_STATE_SIZE) throw new RangeError(`selectiveScan: a state of ${stateSize} elements is more than ${MAX_STATE_SIZE}`);
  if (mixOffset + 2 * stateSize > mixStride) throw new RangeError(`selectiveScan: columns ${mixOffset}+${2 * stateSize} exceed rows of ${mixStride}`);
  return {
    CHANNELS: u32(channels),
    STATE: u32(stateSize),
    STRIDE: u32(roundUp(channels, 4)),
    MIX_STRIDE: u32(mixStride),
    MIX_OFFSET: u32(mixOffset),
    CHUNK: u32(CHUNK),
    TILE: u32(Math.min(CHUNK, Math.floor(TILE_FLOATS / (2 * stateSize)))),
    WORKGROUP: u32(WORKGROUP),
    ...(norm && { EPS: f32(norm.eps) }),
  };
}
