import { roundUp } from '../kernel.ts';
import zeroConstant from './codes/zero-constant.wgsl?raw';
import zeroPlane from './codes/zero-plane.wgsl?raw';
import { CODES, type CodeName } from './codes.ts';
import { PLAIN_FORMATS } from './plain-formats.ts';
import { BLOCK } from './plane.ts';
import { groupsOf, SCALES, type ScaleName } from './scales.ts';
import type { FormatDescription, GroupScale, NamedFormat, Scheme, WeightFormat } from './weight-format.ts';

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
export function groupedFormat(codes: CodeName, scale: GroupScale, group: number, zeros = false): FormatDescription {
  const name = Object.entries(NAMED).find(([, scheme]) => !zeros && scheme.codes === codes && scheme.scale === scale && scheme.group === group)?.[0];
  if (name !== undefined && isNamed(name)) return describeFormat(name);
  const key = `${codes}:${scale}:${group === Infinity ? 'row' : group}` as const;
  return describeFormat(zeros ? `${key}:zeros` : key);
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

function describeScheme(key: WeightFormat, scheme: Scheme): FormatDescription {
  const { codes, scale, group, zeros } = scheme;
  const code = CODES[codes];
  return {
    key,
    planes: [
      ...code.planes,
      { name: 'scales', bytesPerRow: (inputs) => SCALES[scale].bytesPerRow(inputs, group) },
      ...(zeros ? [{ name: 'zeros', bytesPerRow: (inputs: number) => roundUp(groupsOf(inputs, group), 4) } as const] : []),
    ],
    snippet: `${code.snippet}${zeros ? zeroPlane : zeroConstant}${SCALES[scale].snippet}`,
    scheme,
  };
}

const described = new Map<WeightFormat, FormatDescription>(Object.values(PLAIN_FORMATS).map((plain) => [plain.key, plain]));

/** Throws `RangeError` for a key that names no format. */
export function describeFormat(format: WeightFormat): FormatDescription {
  const known = described.get(format) ?? describeScheme(format, parseScheme(format));
  described.set(format, known);
  return known;
}

/** Bytes that one row of K inputs takes over all planes. */
export const bytesPerRow = (format: WeightFormat, inputs: number): number => describeFormat(format).planes.reduce((sum, plane) => sum + plane.bytesPerRow(inputs), 0);
