import sigmoidSource from '../common/sigmoid.wgsl?raw';
import { f32, type Constant } from '../kernel.ts';
import activationGeluTanh from '../linear/epilogue/activation-gelu-tanh.wgsl?raw';
import activationNone from '../linear/epilogue/activation-none.wgsl?raw';
import activationRelu2 from '../linear/epilogue/activation-relu2.wgsl?raw';
import activationSilu from '../linear/epilogue/activation-silu.wgsl?raw';
import gluClamped from './glu-clamped.wgsl?raw';
import glu from './glu.wgsl?raw';
import storeEach from './store-each.wgsl?raw';
import storeGlu from './store-glu.wgsl?raw';
import type { ExpertActivation } from './variant.ts';

/** What becomes of the products with an expert's rows. */
export interface ExpertEnd {
  /** Define `store_pair(expert, row, target_row, first, second)`. */
  readonly snippets: readonly string[];
  readonly constants: Readonly<Record<string, Constant>>;
  /** Part of a variant's label. */
  readonly label: string;
}

/** Without an activation the products are stored as they are. */
export function expertEnd(activation: ExpertActivation | undefined): ExpertEnd {
  switch (activation?.kind) {
    case undefined:
      return { snippets: [activationNone, storeEach], constants: {}, label: '' };
    case 'relu2':
      return { snippets: [activationRelu2, storeEach], constants: {}, label: '/relu2' };
    case 'silu':
      return { snippets: [activationSilu, glu, storeGlu], constants: {}, label: '/silu' };
    case 'gelu-tanh':
      return { snippets: [activationGeluTanh, glu, storeGlu], constants: {}, label: '/gelu-tanh' };
    case 'clamped': {
      const { alpha, limit } = activation;
      return { snippets: [sigmoidSource, gluClamped, storeGlu], constants: { ALPHA: f32(alpha), LIMIT: f32(limit) }, label: `/clamped${alpha}:${limit}` };
    }
    default:
      return activation satisfies never;
  }
}
