import stepSource from '../common/step.wgsl?raw';
import { formatConstants } from '../dequant/weight-format.ts';
import { assemble, ceilDiv, u32, type Kernel } from '../kernel.ts';
import { epilogue } from './epilogue/epilogue.ts';
import inputOrdered from './input/matrix-ordered.wgsl?raw';
import inputPlain from './input/matrix-plain.wgsl?raw';
import source from './linear-matrix.wgsl?raw';
import type { LinearVariant } from './linear-variant.ts';
import maskedSource from './masked.wgsl?raw';
import tileSource from './tile.wgsl?raw';

/** What a workgroup computes; either takes 256 invocations and 16 KiB of workgroup memory. */
interface Tile {
  readonly tokens: number;
  readonly rows: number;
  /** Invocations that share the inputs of the same outputs. */
  readonly parts: number;
  /** Fours of inputs in workgroup memory at a time. */
  readonly quads: number;
}

/** Few tokens take little but the time of one workgroup, and leave a big GPU idle: more and shorter workgroups, which decode each weight oftener. */
const TILES: Readonly<Record<'few' | 'many', Tile>> = {
  few: { tokens: 16, rows: 16, parts: 16, quads: 32 },
  many: { tokens: 64, rows: 64, parts: 1, quads: 8 },
};

/** Most tokens of a step that are few, and fewest inputs that take a workgroup so long that it matters. */
export const FEW = 32;
const LONG = 512;

const sizeFor = ({ inputs }: LinearVariant, count: number): 'few' | 'many' => (count <= FEW && inputs >= LONG ? 'few' : 'many');

/** The product for steps of up to `rows` tokens: where there are two kernels, each step runs one and no workgroups of the other. */
export function linearMatrices(variant: LinearVariant, rows: number): Kernel[] {
  return [...new Set([sizeFor(variant, 1), sizeFor(variant, rows)])].map((size) => {
    const kernel = linearMatrix(variant, size);
    return { ...kernel, workgroups: (step) => (sizeFor(variant, step.count) === size ? kernel.workgroups(step) : [0, 0, 0]) };
  });
}

/**
 * The product of a weight with T tokens, for prefill: for `many` of them or for a `few`, which makes no other result. Bindings: the format's planes, `x` f32 [T, roundUp(K, 4)], `order` u32 [roundUp(K, 32)]
 * where the weight is ordered (0 beyond K), `bias` f32 where there is one, `out` f32 [T, outputStride], `step`. Tiles are f32: on an H200, f16
 * tiles, which need converting before each product, were 11 % slower and cost accuracy.
 */
export function linearMatrix(variant: LinearVariant, size: 'few' | 'many'): Kernel {
  const { format, inputs, outputs, ordered = false } = variant;
  const { planes, snippet } = format;
  const afterOrder = planes.length + 1 + Number(ordered);
  const end = epilogue(variant, afterOrder);
  const { tokens, rows, parts, quads } = TILES[size];
  return {
    label: `linear-matrix/${format.key}/${inputs}x${outputs}${ordered ? '/ordered' : ''}${end.label}/${size}`,
    features: [],
    code: assemble({
      constants: {
        ...formatConstants(format, inputs),
        ...end.constants,
        INPUTS: u32(inputs),
        OUTPUTS: u32(outputs),
        X_QUADS: u32(ceilDiv(inputs, 4)),
        TOKENS: u32(tokens),
        ROWS: u32(rows),
        PARTS: u32(parts),
        QUADS: u32(quads),
        X_BINDING: u32(planes.length),
        ...(ordered ? { ORDER_BINDING: u32(planes.length + 1) } : {}),
        STEP_BINDING: u32(afterOrder + end.bindings.length),
      },
      snippets: [stepSource, maskedSource, tileSource, snippet, ordered ? inputOrdered : inputPlain, ...end.snippets],
      source,
    }),
    bindings: [...planes.map(({ name }) => ({ name, type: 'read' as const })), { name: 'x', type: 'read' }, ...(ordered ? [{ name: 'order', type: 'read' } as const] : []), ...end.bindings, { name: 'step', type: 'uniform' }],
    workgroups: ({ count }) => [ceilDiv(outputs, rows), ceilDiv(count, tokens), 1],
  };
}
