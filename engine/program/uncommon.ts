import { importModule } from '../modules/import-module.ts';
import type { Node } from '../ops/graph.ts';
import type * as Uncommon from './lower-uncommon.ts';

export const isUncommon = (node: Node): node is Uncommon.UncommonNode => node.op === 'scale' || node.op === 'layerNorm';

/** Operators of GPT-2 and of models whose configs multiply: a script of their own. Rejects with `ModuleLoadError`. */
export const importUncommon = (): Promise<typeof Uncommon> => importModule(() => import('./lower-uncommon.ts'));
