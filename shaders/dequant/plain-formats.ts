import { roundUp } from '../kernel.ts';
import f16Source from './f16.wgsl?raw';
import f32Source from './f32.wgsl?raw';
import { BLOCK, type Plane } from './plane.ts';
import type { FormatDescription } from './weight-format.ts';

const plain = (bytes: number): readonly [Plane] => [{ name: 'quants', bytesPerRow: (inputs) => bytes * roundUp(inputs, BLOCK) }];

/** The formats of weights that are not quantised. */
export const PLAIN_FORMATS = {
  f32: { key: 'f32', planes: plain(4), snippet: f32Source },
  f16: { key: 'f16', planes: plain(2), snippet: f16Source },
} as const satisfies Readonly<Record<'f32' | 'f16', FormatDescription>>;
