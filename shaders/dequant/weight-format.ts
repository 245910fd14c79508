import { ceilDiv, f32, u32, type Constant } from '../kernel.ts';
import type { CodeName } from './codes.ts';
import { BLOCK, SUPER, type Plane } from './plane.ts';
import type { ScaleName } from './scales.ts';

/** Formats with a name of their own; the ones after `fp8` are those of checkpoints and of ggml (`q8_0` is `int8`, `q4_0` is `int4`). */
export type NamedFormat = 'int8' | 'int4' | 'fp8' | 'mxfp4' | 'nvfp4' | 'q4_1' | 'q5_0' | 'q5_1' | 'q2_k' | 'q3_k' | 'q4_k' | 'q5_k' | 'q6_k' | 'iq4_nl' | 'iq4_xs';
export type GroupScale = 'f16' | 'f32';
type Group = number | 'row';

/**
 * How the numbers of a weight matrix are stored on the GPU: plain, under a name, or as codes, the type of a scale, and how many
 * weights share it, with a zero point for each group (`int4:f16:128:zeros`) or without. Two formats are the same where their keys are.
 */
export type WeightFormat = 'f32' | 'f16' | NamedFormat | `${CodeName}:${GroupScale}:${Group}` | `${CodeName}:${GroupScale}:${Group}:zeros`;

/**
 * What a format's key stands for. It goes wherever a weight goes, so that kernels and loader look nothing up: `formats.ts`, which describes
 * all formats, is needed by those alone that make weights in others than the plain ones.
 */
export interface FormatDescription {
  readonly key: WeightFormat;
  /** In the order of their bindings. */
  readonly planes: readonly Plane[];
  /** WGSL: declares the planes' bindings, defines `weight_dot` and `weight_octet`. Needs the constants of `formatConstants`. */
  readonly snippet: string;
  /** Absent where weights are stored as they are. */
  readonly scheme?: Scheme;
}

/** What a weight is computed from. */
export interface Scheme {
  readonly codes: CodeName;
  readonly scale: ScaleName;
  /** Weights that share a scale, a multiple of `BLOCK` or Infinity for a whole row, where that is the format's choice. */
  readonly group: number;
  /** The code that stands for zero, to which the plane `zeros` adds where there is one. */
  readonly zero: number;
  readonly zeros: boolean;
}

/** Constants that a format's snippet needs for a weight with K inputs. */
export function formatConstants({ planes, scheme }: FormatDescription, inputs: number): Readonly<Record<string, Constant>> {
  const blocks = ceilDiv(inputs, BLOCK);
  if (!scheme) return { BLOCKS: u32(blocks) };
  const bindings = planes.slice(1).map(({ name }, i) => [`${name.toUpperCase()}_BINDING`, u32(i + 1)] as const);
  const groupBlocks = Math.min(blocks, scheme.group / BLOCK);
  return {
    BLOCKS: u32(blocks),
    SUPERS: u32(ceilDiv(inputs, SUPER)),
    GROUP_BLOCKS: u32(groupBlocks),
    GROUPS: u32(ceilDiv(blocks, groupBlocks)),
    ZERO: f32(scheme.zero),
    ...Object.fromEntries(bindings),
  };
}
