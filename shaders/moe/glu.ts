import sigmoidSource from '../common/sigmoid.wgsl?raw';
import { f32, type Constant } from '../kernel.ts';
import gluClamped from './glu-clamped.wgsl?raw';
import gluSilu from './glu-silu.wgsl?raw';
import type { ExpertActivation } from './variant.ts';

export interface Glu {
  /** Define `glu(gate, up)`. */
  readonly snippets: readonly string[];
  readonly constants: Readonly<Record<string, Constant>>;
  /** Part of a variant's label. */
  readonly label: string;
}

export function glu(activation: ExpertActivation): Glu {
  switch (activation.kind) {
    case 'silu':
      return { snippets: [sigmoidSource, gluSilu], constants: {}, label: '/silu' };
    case 'clamped': {
      const { alpha, limit } = activation;
      return { snippets: [sigmoidSource, gluClamped], constants: { ALPHA: f32(alpha), LIMIT: f32(limit) }, label: `/clamped${alpha}:${limit}` };
    }
    default:
      return activation satisfies never;
  }
}
