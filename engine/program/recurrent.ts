import { importModule } from '../modules/import-module.ts';
import type { Node } from '../ops/graph.ts';
import type * as Recurrent from './lower-recurrent.ts';

export const isRecurrent = (node: Node): node is Recurrent.RecurrentNode => node.op === 'shortConv' || node.op === 'linearAttention' || node.op === 'gatedRmsNorm';

/** With their shaders these operators are a tenth of the engine, and most models can do without: a script of their own. Rejects with `ModuleLoadError`. */
export const importRecurrent = (): Promise<typeof Recurrent> => importModule(() => import('./lower-recurrent.ts'));
