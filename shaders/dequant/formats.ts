import { ceilDiv, f32, roundUp, u32, type Constant } from '../kernel.ts';
import zeroConstant from './codes/zero-constant.wgsl?raw';
import zeroPlane from './codes/zero-plane.wgsl?raw';
import { CODES, type CodeName } from './codes.ts';
import f16Source from './f16.wgsl?raw';
import f32Source from './f32.wgsl?raw';
import { BLOCK, SUPER, type Plane } from './plane.ts';
import { groupsOf, SCALES, type ScaleName } from './scales.ts';

/** Formats with a name of their own; the ones after `fp8` are those of checkpoints and of ggml (`q8_0` is `int8`, `q4_0` is `int4`). */
type NamedFormat = 'int8' | 'int4' | 'fp8' | 'mxfp4' | 'nvfp4' | 'q4_1' | 'q5_0' | 'q5_1' | 'q2_k' | 'q3_k' | 'q4_k' | 'q5_k' | 'q6_k' | 'iq4_nl' | 'iq4_xs';
type GroupScale = 'f16' | 'f32';
type Group = number | 'row';

/**
 * How the numbers of a weight matrix are stored on the GPU: plain, under a name, or as codes, the type of a scale, and how many
 * weights share it, with a zero point for each group (`int4:f16:128:zeros`) or without. Two formats are the same where their keys are.
 */
export type WeightFormat = 'f32' | 'f16' | NamedFormat | `${CodeName}:${GroupScale}:${Group}` | `${CodeName}:${GroupScale}:${Group}:zeros`;

export interface FormatDescription {
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

const named = (codes: CodeName, scale: ScaleName, { group = BLOCK, zero = CODES[codes].zero }: { group?: number; zero?: number } = {}): Scheme => ({ codes, scale, group, zero, zeros: false });

const NAMED: Readonly<Record<NamedFormat, Scheme>> = {
  int8: named('int8', 'f16'),
  int4: named('int4', 'f16'),
  fp8: named('fp8', 'f32', { group: Infinity }),
  mxfp4: named('fp4', 'e8m0'),
  nvfp4: named('fp4', 'nvfp4'),
  q4_1: named('int4', 'offset', { zero: 0 }),
  q5_0: named('int5', 'f16'),
  q5_1: named('int5', 'offset', { zero: 0 }),
  q2_k: named('int2', 'super-min-16', { zero: 0 }),
  q3_k: named('int3', 'super-16'),
  q4_k: named('int4', 'super-min-32', { zero: 0 }),
  q5_k: named('int5', 'super-min-32', { zero: 0 }),
  q6_k: named('int6', 'super-16'),
  iq4_nl: named('iq4', 'f16'),
  iq4_xs: named('iq4', 'super-32'),
};

/** The named formats and the plain ones: what a table of all formats begins with. */
export const WEIGHT_FORMATS = ['f32', 'f16', ...(Object.keys(NAMED) as NamedFormat[])] as const satisfies readonly WeightFormat[];

const isNamed = (key: string): key is NamedFormat => Object.hasOwn(NAMED, key);

/** The format of codes with one scale for each `group` weights of a row (a multiple of 32, or Infinity), under its shortest key. */
export function groupedFormat(codes: CodeName, scale: GroupScale, group: number, zeros = false): WeightFormat {
  const name = Object.entries(NAMED).find(([, scheme]) => !zeros && scheme.codes === codes && scheme.scale === scale && scheme.group === group)?.[0];
  if (name !== undefined && isNamed(name)) return name;
  const key = `${codes}:${scale}:${group === Infinity ? 'row' : group}` as const;
  return zeros ? `${key}:zeros` : key;
}

/** Throws `RangeError` for a key that names no format. */
function parseScheme(key: string): Scheme {
  if (isNamed(key)) return NAMED[key];
  const match = /^(\w+):(f16|f32):(row|\d+)(:zeros)?$/.exec(key);
  const group = match?.[3] === 'row' ? Infinity : Number(match?.[3]);
  if (!match || !Object.hasOwn(CODES, match[1]) || !(group > 0) || (group !== Infinity && group % BLOCK !== 0)) throw new RangeError(`there is no weight format ${key}`);
  const codes = match[1] as CodeName;
  const zeros = match[4] !== undefined;
  return { codes, scale: match[2] as GroupScale, group, zero: zeros ? CODES[codes].firstZero : CODES[codes].zero, zeros };
}

function describeScheme(scheme: Scheme): FormatDescription {
  const { codes, scale, group, zeros } = scheme;
  const code = CODES[codes];
  return {
    planes: [
      ...code.planes,
      { name: 'scales', bytesPerRow: (inputs) => SCALES[scale].bytesPerRow(inputs, group) },
      ...(zeros ? [{ name: 'zeros', bytesPerRow: (inputs: number) => roundUp(groupsOf(inputs, group), 4) } as const] : []),
    ],
    snippet: `${code.snippet}${zeros ? zeroPlane : zeroConstant}${SCALES[scale].snippet}`,
    scheme,
  };
}

const plain = (bytes: number): readonly Plane[] => [{ name: 'quants', bytesPerRow: (inputs) => bytes * roundUp(inputs, BLOCK) }];

const described = new Map<WeightFormat, FormatDescription>([
  ['f32', { planes: plain(4), snippet: f32Source }],
  ['f16', { planes: plain(2), snippet: f16Source }],
]);

export function describeFormat(format: WeightFormat): FormatDescription {
  const known = described.get(format) ?? describeScheme(parseScheme(format));
  described.set(format, known);
  return known;
}

/** Bytes that one row of K inputs takes over all planes. */
export const bytesPerRow = (format: WeightFormat, inputs: number): number => describeFormat(format).planes.reduce((sum, plane) => sum + plane.bytesPerRow(inputs), 0);

/** Constants that a format's snippet needs for a weight with K inputs. */
export function formatConstants(format: WeightFormat, inputs: number): Readonly<Record<string, Constant>> {
  const { planes, scheme } = describeFormat(format);
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
