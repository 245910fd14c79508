import expm1Source from '../common/expm1.wgsl?raw';
import stepSource from '../common/step.wgsl?raw';
import { assemble, ceilDiv, roundUp, u32, type Binding, type Kernel } from '../kernel.ts';
import geluSource from '../linear/epilogue/activation-gelu-tanh.wgsl?raw';
import outputGeluSource from './output-gelu.wgsl?raw';
import outputPlainSource from './output-plain.wgsl?raw';
import scanSource from './recurrence-scan.wgsl?raw';
import { CHUNK, chunksOf, variantConstants, variantLabel, widthOf, type RgLruVariant } from './variant.ts';

const WORKGROUP = 64;

/** From recurrences within chunks of CHUNK tokens, [T, width] of (Σ log-decay, h), to states and outputs; with a gate each times its gelu. */
export function recurrenceScan(variant: { readonly width: number } | RgLruVariant): Kernel {
  const gated = 'heads' in variant;
  const width = gated ? widthOf(variant) : variant.width;
  const gate: readonly Binding[] = gated ? [{ name: 'gate', type: 'read' }] : [];
  return {
    label: `recurrence-scan/${gated ? `${variantLabel(variant)}/gelu` : width}`,
    features: [],
    code: assemble({
      constants: { ...(gated ? variantConstants(variant) : { WIDTH: u32(width), STRIDE: u32(roundUp(width, 4)), CHUNK: u32(CHUNK) }), WORKGROUP: u32(WORKGROUP) },
      snippets: [stepSource, expm1Source, ...(gated ? [geluSource, outputGeluSource] : [outputPlainSource])],
      source: scanSource,
    }),
    bindings: [{ name: 'recurrences', type: 'read' }, { name: 'state', type: 'write' }, { name: 'out', type: 'write' }, { name: 'step', type: 'uniform' }, ...gate],
    workgroups: ({ count }) => [ceilDiv(width, WORKGROUP), chunksOf(count), 1],
  };
}
