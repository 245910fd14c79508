import stepSource from '../common/step.wgsl?raw';
import { assemble, bool, f32, grid, u32, type Binding, type Constant, type Kernel } from '../kernel.ts';
import source from './attention-input.wgsl?raw';
import normNone from './norm-none.wgsl?raw';
import normRms from './norm-rms.wgsl?raw';
import rotaryHalf from './rotary-half.wgsl?raw';
import rotaryNone from './rotary-none.wgsl?raw';
import { sizes, type AttentionVariant } from './variant.ts';

/** Tokens in the grid's y dimension before it folds into z. */
const GRID_Y = 32768;

/**
 * From the fused projection to attention's operands: optional RMSNorm of q and k, by head or whole, rotary embedding
 * (Su et al. 2021, arXiv:2104.09864) of their first `rotaryDim` elements, q to `query`, k and v to the cache at `position + t`.
 *
 * Bindings: projection f32 [T, projectionStride] · query f32 [T, heads, headDim] · keys, values [kvHeads, capacity, headDim] in
 * the cache's format · step · with `qkNorm`: q_norm, k_norm f32 [headDim], where it is `whole` [heads, headDim] and [kvHeads, headDim] · with `rotaryDim`: rotary f32 [capacity, rotaryDim/2, 2] of (cos, sin).
 * Throws `AttentionVariantError` for a variant that has no kernel.
 */
export function attentionInput(variant: AttentionVariant): Kernel {
  const { heads, kvHeads, headDim, capacity, kv, gated, projectionStride, qkNorm, rotaryDim } = variant;
  const { constants, aliases } = sizes(variant);
  const bindings: Binding[] = [
    { name: 'projection', type: 'read' },
    { name: 'query', type: 'write' },
    { name: 'keys', type: 'write' },
    { name: 'values', type: 'write' },
    { name: 'step', type: 'uniform' },
  ];
  const optional: Record<string, Constant> = { GRID_Y: u32(GRID_Y) };
  if (qkNorm) {
    optional.Q_NORM_BINDING = u32(bindings.push({ name: 'q_norm', type: 'read' }) - 1);
    optional.K_NORM_BINDING = u32(bindings.push({ name: 'k_norm', type: 'read' }) - 1);
    optional.EPS = f32(qkNorm.eps);
    optional.WHOLE = bool(qkNorm.whole ?? false);
  }
  if (rotaryDim) {
    optional.ROTARY_BINDING = u32(bindings.push({ name: 'rotary', type: 'read' }) - 1);
    optional.ROTARY_DIM = u32(rotaryDim);
  }
  const flags = [gated && 'gated', qkNorm && `norm${qkNorm.whole ? 'whole' : ''}${qkNorm.eps}`, rotaryDim && `rotary${rotaryDim}`].filter(Boolean);
  return {
    label: [`attention-input/${heads}:${kvHeads}x${headDim}`, kv.key, `capacity${capacity}`, `stride${projectionStride}`, ...flags].join('/'),
    features: [],
    code: assemble({
      constants: { ...constants, ...optional },
      aliases,
      snippets: [stepSource, ...kv.write, qkNorm ? normRms : normNone, rotaryDim ? rotaryHalf : rotaryNone],
      source,
    }),
    bindings,
    workgroups: ({ count }) => {
      const [y, z] = grid(count);
      return [heads + 2 * kvHeads, y, z];
    },
  };
}
