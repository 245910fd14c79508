import { importModule } from '../modules/import-module.ts';
import type { Node } from '../ops/graph.ts';
import type * as Moe from './lower-moe.ts';

export const isMoe = (node: Node): node is Moe.MoeNode => node.op === 'moe';

/** With its shaders this operator is a tenth of the engine, and dense models do without: a script of its own. Rejects with `ModuleLoadError`. */
export const importMoe = (): Promise<typeof Moe> => importModule(() => import('./lower-moe.ts'));
